# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The rows of the curated table for the software development kits of clouds; see ``known_imports``."""

from __future__ import annotations

from typing import NamedTuple

#: In place of a distribution: the operating system or a vendor's download has it, the package index does not.
SYSTEM = ""


class KnownImport(NamedTuple):
    """A row: the distribution, what shows that it is the one, and others that have the same import.

    ``wheel``: it has wheels that work by themselves, and its alternatives are the same code without. ``ranges``: the
    releases that have the import, where newer ones do not; it holds where nobody names a version. ``undeclared``:
    imports that normal use of it takes, although its metadata does not declare their distributions.
    """

    distribution: str
    evidence: str
    alternatives: tuple[str, ...] = ()
    wheel: bool = False
    ranges: str = ""
    undeclared: tuple[str, ...] = ()


CLOUDS: dict[str, KnownImport] = {
    "azure.cli.core": KnownImport("azure-cli-core", "azure.azcollection requirements.txt"),
    "azure.common": KnownImport("azure-common", "netapp.cloudmanager requirements.txt"),
    "azure.containerregistry": KnownImport("azure-containerregistry", "azure.azcollection requirements.txt"),
    "azure.core": KnownImport("azure-core", "azure.azcollection requirements.txt"),
    "azure.identity": KnownImport("azure-identity", "azure.azcollection requirements.txt"),
    "azure.iot.hub": KnownImport("azure-iot-hub", "azure.azcollection requirements.txt"),
    "azure.keyvault.certificates": KnownImport(
        "azure-keyvault-certificates",
        "azure-keyvault-certificates ships it; azure-keyvault depends on that",
        ("azure-keyvault",),
    ),
    "azure.keyvault.keys": KnownImport(
        "azure-keyvault-keys",
        "azure-keyvault-keys ships it; azure-keyvault depends on that",
        ("azure-keyvault",),
    ),
    "azure.keyvault.secrets": KnownImport(
        "azure-keyvault-secrets",
        "azure-keyvault-secrets ships it; azure-keyvault depends on that",
        ("azure-keyvault",),
    ),
    "azure.keyvault.securitydomain": KnownImport(
        "azure-keyvault-securitydomain", "azure.azcollection requirements.txt"
    ),
    "azure.mgmt.authorization": KnownImport("azure-mgmt-authorization", "azure.azcollection requirements.txt"),
    "azure.mgmt.automation": KnownImport("azure-mgmt-automation", "azure.azcollection requirements.txt"),
    "azure.mgmt.batch": KnownImport("azure-mgmt-batch", "azure.azcollection requirements.txt"),
    "azure.mgmt.cdn": KnownImport("azure-mgmt-cdn", "azure.azcollection requirements.txt"),
    "azure.mgmt.compute": KnownImport("azure-mgmt-compute", "azure.azcollection requirements.txt"),
    "azure.mgmt.containerinstance": KnownImport("azure-mgmt-containerinstance", "azure.azcollection requirements.txt"),
    "azure.mgmt.containerregistry": KnownImport("azure-mgmt-containerregistry", "azure.azcollection requirements.txt"),
    "azure.mgmt.containerservice": KnownImport("azure-mgmt-containerservice", "azure.azcollection requirements.txt"),
    "azure.mgmt.core": KnownImport("azure-mgmt-core", "azure.azcollection requirements.txt"),
    "azure.mgmt.cosmosdb": KnownImport("azure-mgmt-cosmosdb", "azure.azcollection requirements.txt"),
    "azure.mgmt.datafactory": KnownImport("azure-mgmt-datafactory", "azure.azcollection requirements.txt"),
    "azure.mgmt.devtestlabs": KnownImport("azure-mgmt-devtestlabs", "azure.azcollection requirements.txt"),
    "azure.mgmt.dns": KnownImport("azure-mgmt-dns", "azure.azcollection requirements.txt"),
    "azure.mgmt.eventhub": KnownImport("azure-mgmt-eventhub", "azure.azcollection requirements.txt"),
    "azure.mgmt.hdinsight": KnownImport("azure-mgmt-hdinsight", "azure.azcollection requirements.txt"),
    "azure.mgmt.iothub": KnownImport("azure-mgmt-iothub", "azure.azcollection requirements.txt"),
    "azure.mgmt.keyvault": KnownImport("azure-mgmt-keyvault", "azure.azcollection requirements.txt"),
    "azure.mgmt.loganalytics": KnownImport("azure-mgmt-loganalytics", "azure.azcollection requirements.txt"),
    "azure.mgmt.managedservices": KnownImport("azure-mgmt-managedservices", "azure.azcollection requirements.txt"),
    "azure.mgmt.managementgroups": KnownImport("azure-mgmt-managementgroups", "azure.azcollection requirements.txt"),
    "azure.mgmt.marketplaceordering": KnownImport(
        "azure-mgmt-marketplaceordering", "azure.azcollection requirements.txt"
    ),
    "azure.mgmt.monitor": KnownImport("azure-mgmt-monitor", "azure.azcollection requirements.txt"),
    "azure.mgmt.mysqlflexibleservers": KnownImport(
        "azure-mgmt-mysqlflexibleservers", "azure.azcollection requirements.txt"
    ),
    "azure.mgmt.network": KnownImport("azure-mgmt-network", "azure.azcollection requirements.txt"),
    "azure.mgmt.notificationhubs": KnownImport("azure-mgmt-notificationhubs", "azure.azcollection requirements.txt"),
    "azure.mgmt.postgresqlflexibleservers": KnownImport(
        "azure-mgmt-postgresqlflexibleservers",
        "azure.azcollection requirements.txt",
    ),
    "azure.mgmt.privatedns": KnownImport("azure-mgmt-privatedns", "azure.azcollection requirements.txt"),
    "azure.mgmt.rdbms": KnownImport("azure-mgmt-rdbms", "azure.azcollection requirements.txt"),
    "azure.mgmt.recoveryservices": KnownImport("azure-mgmt-recoveryservices", "azure.azcollection requirements.txt"),
    "azure.mgmt.recoveryservicesbackup": KnownImport(
        "azure-mgmt-recoveryservicesbackup",
        "azure.azcollection requirements.txt",
    ),
    "azure.mgmt.redis": KnownImport("azure-mgmt-redis", "azure.azcollection requirements.txt"),
    "azure.mgmt.resource": KnownImport("azure-mgmt-resource", "azure.azcollection requirements.txt"),
    "azure.mgmt.resourcegraph": KnownImport("azure-mgmt-resourcegraph", "azure.azcollection requirements.txt"),
    "azure.mgmt.resourcehealth": KnownImport("azure-mgmt-resourcehealth", "azure.azcollection requirements.txt"),
    "azure.mgmt.search": KnownImport("azure-mgmt-search", "azure.azcollection requirements.txt"),
    "azure.mgmt.servicebus": KnownImport("azure-mgmt-servicebus", "azure.azcollection requirements.txt"),
    "azure.mgmt.sql": KnownImport("azure-mgmt-sql", "azure.azcollection requirements.txt"),
    "azure.mgmt.storage": KnownImport("azure-mgmt-storage", "azure.azcollection requirements.txt"),
    "azure.mgmt.trafficmanager": KnownImport("azure-mgmt-trafficmanager", "azure.azcollection requirements.txt"),
    "azure.mgmt.web": KnownImport("azure-mgmt-web", "azure.azcollection requirements.txt"),
    "azure.storage.blob": KnownImport("azure-storage-blob", "azure.azcollection requirements.txt"),
    "boto3": KnownImport("boto3", "amazon.aws requirements.txt"),
    "botocore": KnownImport("botocore", "amazon.aws requirements.txt"),
    "com.vmware": KnownImport("vmware-vcenter", "community.vmware requirements.txt", ("vmware-vapi-common-client",)),
    "dopy": KnownImport("dopy", "community.digitalocean modules/digital_ocean.py: requirements"),
    "dopy.manager": KnownImport("dopy", "community.digitalocean modules/digital_ocean.py: requirements"),
    "google.api_core": KnownImport("google-api-core", "google-api-core ships google.api_core"),
    "google.auth": KnownImport("google-auth", "google.cloud requirements.txt"),
    "google.cloud.storage": KnownImport("google-cloud-storage", "google.cloud requirements.txt"),
    "google.oauth2": KnownImport("google-auth", "google.cloud requirements.txt"),
    "google.protobuf": KnownImport("protobuf", "ansible.netcommon requirements.txt"),
    "googleapiclient": KnownImport(
        "google-api-python-client", 'google-api-python-client documents "from googleapiclient"'
    ),
    "grpc": KnownImport("grpcio", "ansible.netcommon requirements.txt"),
    "hcloud": KnownImport("hcloud", 'hcloud documents "from hcloud import Client"'),
    "keystoneauth1": KnownImport("keystoneauth1", "community.general module_utils/hwc_utils.py: missing_required_lib"),
    "kiota_abstractions": KnownImport(
        "microsoft-kiota-abstractions",
        "microsoft-kiota-abstractions ships it; msgraph-sdk depends on it",
        ("msgraph-sdk",),
    ),
    "kiota_authentication_azure": KnownImport(
        "microsoft-kiota-authentication-azure",
        "microsoft-kiota-authentication-azure ships it; msgraph-sdk depends on it",
        ("msgraph-sdk",),
    ),
    "kubernetes": KnownImport("kubernetes", "community.okd requirements.txt"),
    "kubernetes_validate": KnownImport("kubernetes-validate", "kubernetes.core module_utils/k8s/core.py"),
    "libcloud": KnownImport("apache-libcloud", 'apache-libcloud documents "from libcloud"'),
    "linode": KnownImport("linode-python", "community.general modules/linode.py: requirements"),
    "linode_api4": KnownImport("linode-api4", "community.general inventory/linode.py: requirements"),
    "msgraph": KnownImport("msgraph-sdk", "azure.azcollection requirements.txt"),
    "msgraph_core": KnownImport("msgraph-core", "msgraph-core ships it; msgraph-sdk depends on it", ("msgraph-sdk",)),
    "msrestazure": KnownImport("msrestazure", "netapp.cloudmanager requirements.txt"),
    "oci": KnownImport("oci", "community.general modules/oci_vcn.py: missing_required_lib"),
    "openshift": KnownImport("openshift", 'openshift documents "from openshift.dynamic"'),
    "openstack": KnownImport("openstacksdk", "openstack.cloud requirements.txt"),
    "pydo": KnownImport("pydo", 'pydo documents "from pydo import Client"'),
    "pydotplus": KnownImport("pydotplus", "community.zabbix modules/zabbix_map.py: requirements"),
    "pyVim": KnownImport("pyvmomi", "community.vmware requirements.txt"),
    "pyVmomi": KnownImport("pyvmomi", "community.vmware requirements.txt"),
    "vmware.vapi": KnownImport(
        "vmware-vapi-runtime",
        "vmware-vapi-runtime ships it; vmware-vcenter depends on it",
        ("vmware-vcenter", "vmware-vapi-common-client"),
    ),
    "vsanapiutils": KnownImport(SYSTEM, "part of the vSAN Management SDK download"),
}

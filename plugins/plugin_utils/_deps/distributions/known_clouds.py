# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The rows of the curated table for the software development kits of clouds; see ``known_imports``."""

from __future__ import annotations

from typing import NamedTuple

#: In place of a distribution: the operating system or a vendor's download has it, the package index does not.
SYSTEM = ""


class Known(NamedTuple):
    """A row: the distribution, what shows that it is the one, and others that have the same import."""

    distribution: str
    evidence: str
    alternatives: tuple[str, ...] = ()


CLOUDS: dict[str, Known] = {
    "azure.cli.core": Known("azure-cli-core", "azure.azcollection requirements.txt"),
    "azure.common": Known("azure-common", "netapp.cloudmanager requirements.txt"),
    "azure.containerregistry": Known("azure-containerregistry", "azure.azcollection requirements.txt"),
    "azure.core": Known("azure-core", "azure.azcollection requirements.txt"),
    "azure.identity": Known("azure-identity", "azure.azcollection requirements.txt"),
    "azure.iot.hub": Known("azure-iot-hub", "azure.azcollection requirements.txt"),
    "azure.keyvault.certificates": Known(
        "azure-keyvault-certificates",
        "azure-keyvault-certificates ships it; azure-keyvault depends on that",
        ("azure-keyvault",),
    ),
    "azure.keyvault.keys": Known(
        "azure-keyvault-keys",
        "azure-keyvault-keys ships it; azure-keyvault depends on that",
        ("azure-keyvault",),
    ),
    "azure.keyvault.secrets": Known(
        "azure-keyvault-secrets",
        "azure-keyvault-secrets ships it; azure-keyvault depends on that",
        ("azure-keyvault",),
    ),
    "azure.keyvault.securitydomain": Known("azure-keyvault-securitydomain", "azure.azcollection requirements.txt"),
    "azure.mgmt.authorization": Known("azure-mgmt-authorization", "azure.azcollection requirements.txt"),
    "azure.mgmt.automation": Known("azure-mgmt-automation", "azure.azcollection requirements.txt"),
    "azure.mgmt.batch": Known("azure-mgmt-batch", "azure.azcollection requirements.txt"),
    "azure.mgmt.cdn": Known("azure-mgmt-cdn", "azure.azcollection requirements.txt"),
    "azure.mgmt.compute": Known("azure-mgmt-compute", "azure.azcollection requirements.txt"),
    "azure.mgmt.containerinstance": Known("azure-mgmt-containerinstance", "azure.azcollection requirements.txt"),
    "azure.mgmt.containerregistry": Known("azure-mgmt-containerregistry", "azure.azcollection requirements.txt"),
    "azure.mgmt.containerservice": Known("azure-mgmt-containerservice", "azure.azcollection requirements.txt"),
    "azure.mgmt.core": Known("azure-mgmt-core", "azure.azcollection requirements.txt"),
    "azure.mgmt.cosmosdb": Known("azure-mgmt-cosmosdb", "azure.azcollection requirements.txt"),
    "azure.mgmt.datafactory": Known("azure-mgmt-datafactory", "azure.azcollection requirements.txt"),
    "azure.mgmt.devtestlabs": Known("azure-mgmt-devtestlabs", "azure.azcollection requirements.txt"),
    "azure.mgmt.dns": Known("azure-mgmt-dns", "azure.azcollection requirements.txt"),
    "azure.mgmt.eventhub": Known("azure-mgmt-eventhub", "azure.azcollection requirements.txt"),
    "azure.mgmt.hdinsight": Known("azure-mgmt-hdinsight", "azure.azcollection requirements.txt"),
    "azure.mgmt.iothub": Known("azure-mgmt-iothub", "azure.azcollection requirements.txt"),
    "azure.mgmt.keyvault": Known("azure-mgmt-keyvault", "azure.azcollection requirements.txt"),
    "azure.mgmt.loganalytics": Known("azure-mgmt-loganalytics", "azure.azcollection requirements.txt"),
    "azure.mgmt.managedservices": Known("azure-mgmt-managedservices", "azure.azcollection requirements.txt"),
    "azure.mgmt.managementgroups": Known("azure-mgmt-managementgroups", "azure.azcollection requirements.txt"),
    "azure.mgmt.marketplaceordering": Known("azure-mgmt-marketplaceordering", "azure.azcollection requirements.txt"),
    "azure.mgmt.monitor": Known("azure-mgmt-monitor", "azure.azcollection requirements.txt"),
    "azure.mgmt.mysqlflexibleservers": Known("azure-mgmt-mysqlflexibleservers", "azure.azcollection requirements.txt"),
    "azure.mgmt.network": Known("azure-mgmt-network", "azure.azcollection requirements.txt"),
    "azure.mgmt.notificationhubs": Known("azure-mgmt-notificationhubs", "azure.azcollection requirements.txt"),
    "azure.mgmt.postgresqlflexibleservers": Known(
        "azure-mgmt-postgresqlflexibleservers",
        "azure.azcollection requirements.txt",
    ),
    "azure.mgmt.privatedns": Known("azure-mgmt-privatedns", "azure.azcollection requirements.txt"),
    "azure.mgmt.rdbms": Known("azure-mgmt-rdbms", "azure.azcollection requirements.txt"),
    "azure.mgmt.recoveryservices": Known("azure-mgmt-recoveryservices", "azure.azcollection requirements.txt"),
    "azure.mgmt.recoveryservicesbackup": Known(
        "azure-mgmt-recoveryservicesbackup",
        "azure.azcollection requirements.txt",
    ),
    "azure.mgmt.redis": Known("azure-mgmt-redis", "azure.azcollection requirements.txt"),
    "azure.mgmt.resource": Known("azure-mgmt-resource", "azure.azcollection requirements.txt"),
    "azure.mgmt.resourcegraph": Known("azure-mgmt-resourcegraph", "azure.azcollection requirements.txt"),
    "azure.mgmt.resourcehealth": Known("azure-mgmt-resourcehealth", "azure.azcollection requirements.txt"),
    "azure.mgmt.search": Known("azure-mgmt-search", "azure.azcollection requirements.txt"),
    "azure.mgmt.servicebus": Known("azure-mgmt-servicebus", "azure.azcollection requirements.txt"),
    "azure.mgmt.sql": Known("azure-mgmt-sql", "azure.azcollection requirements.txt"),
    "azure.mgmt.storage": Known("azure-mgmt-storage", "azure.azcollection requirements.txt"),
    "azure.mgmt.trafficmanager": Known("azure-mgmt-trafficmanager", "azure.azcollection requirements.txt"),
    "azure.mgmt.web": Known("azure-mgmt-web", "azure.azcollection requirements.txt"),
    "azure.storage.blob": Known("azure-storage-blob", "azure.azcollection requirements.txt"),
    "boto3": Known("boto3", "amazon.aws requirements.txt"),
    "botocore": Known("botocore", "amazon.aws requirements.txt"),
    "com.vmware": Known("vmware-vcenter", "community.vmware requirements.txt", ("vmware-vapi-common-client",)),
    "dopy": Known("dopy", "community.digitalocean modules/digital_ocean.py: requirements"),
    "dopy.manager": Known("dopy", "community.digitalocean modules/digital_ocean.py: requirements"),
    "google.api_core": Known("google-api-core", "google-api-core ships google.api_core"),
    "google.auth": Known("google-auth", "google.cloud requirements.txt"),
    "google.cloud.storage": Known("google-cloud-storage", "google.cloud requirements.txt"),
    "google.oauth2": Known("google-auth", "google.cloud requirements.txt"),
    "google.protobuf": Known("protobuf", "ansible.netcommon requirements.txt"),
    "googleapiclient": Known("google-api-python-client", 'google-api-python-client documents "from googleapiclient"'),
    "grpc": Known("grpcio", "ansible.netcommon requirements.txt"),
    "hcloud": Known("hcloud", 'hcloud documents "from hcloud import Client"'),
    "keystoneauth1": Known("keystoneauth1", "community.general module_utils/hwc_utils.py: missing_required_lib"),
    "kiota_abstractions": Known(
        "microsoft-kiota-abstractions",
        "microsoft-kiota-abstractions ships it; msgraph-sdk depends on it",
        ("msgraph-sdk",),
    ),
    "kiota_authentication_azure": Known(
        "microsoft-kiota-authentication-azure",
        "microsoft-kiota-authentication-azure ships it; msgraph-sdk depends on it",
        ("msgraph-sdk",),
    ),
    "kubernetes": Known("kubernetes", "community.okd requirements.txt"),
    "kubernetes_validate": Known("kubernetes-validate", "kubernetes.core module_utils/k8s/core.py"),
    "libcloud": Known("apache-libcloud", 'apache-libcloud documents "from libcloud"'),
    "linode": Known("linode-python", "community.general modules/linode.py: requirements"),
    "linode_api4": Known("linode-api4", "community.general inventory/linode.py: requirements"),
    "msgraph": Known("msgraph-sdk", "azure.azcollection requirements.txt"),
    "msgraph_core": Known("msgraph-core", "msgraph-core ships it; msgraph-sdk depends on it", ("msgraph-sdk",)),
    "msrestazure": Known("msrestazure", "netapp.cloudmanager requirements.txt"),
    "oci": Known("oci", "community.general modules/oci_vcn.py: missing_required_lib"),
    "openshift": Known("openshift", 'openshift documents "from openshift.dynamic"'),
    "openstack": Known("openstacksdk", "openstack.cloud requirements.txt"),
    "pydo": Known("pydo", 'pydo documents "from pydo import Client"'),
    "pydotplus": Known("pydotplus", "community.zabbix modules/zabbix_map.py: requirements"),
    "pyVim": Known("pyvmomi", "community.vmware requirements.txt"),
    "pyVmomi": Known("pyvmomi", "community.vmware requirements.txt"),
    "vmware.vapi": Known(
        "vmware-vapi-runtime",
        "vmware-vapi-runtime ships it; vmware-vcenter depends on it",
        ("vmware-vcenter", "vmware-vapi-common-client"),
    ),
    "vsanapiutils": Known(SYSTEM, "part of the vSAN Management SDK download"),
}

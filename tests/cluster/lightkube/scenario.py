"""Creates, lists, patches, applies, watches and deletes objects with lightkube, and prints the results as JSON.

python3 scenario.py KUBECONFIG DEFINITION: DEFINITION is a JSON file with the CRD of widgets.example.dev.
"""

import json
import sys

from lightkube import ApiError, Client, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.apps_v1 import StatefulSetSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.operators import in_
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.apps_v1 import StatefulSet
from lightkube.types import PatchType

Widget = create_namespaced_resource("example.dev", "v1", "Widget", "widgets")


def widget(name, size, tier):
    return Widget(metadata=ObjectMeta(name=name, labels={"tier": tier}), spec={"size": size})


def stateful_set(name, size, tier):
    template = PodTemplateSpec(
        metadata=ObjectMeta(labels={"app": "a"}), spec=PodSpec(containers=[Container(name="main", image="main:1")])
    )
    spec = StatefulSetSpec(
        replicas=size, serviceName="s", selector=LabelSelector(matchLabels={"app": "a"}), template=template
    )
    return StatefulSet(metadata=ObjectMeta(name=name, labels={"tier": tier}), spec=spec)


def rejection(call):
    """The code, reason and causes of a call that must fail."""
    try:
        call()
    except ApiError as error:
        status = error.status
        causes = status.details.causes if status.details else None
        return [status.code, status.reason, [cause.field for cause in causes or []]]
    raise AssertionError("the API server accepted the request")


def run(client, kind, build, size_field, size_of):
    def merge(patch):
        return client.patch(kind, "a", patch, patch_type=PatchType.MERGE)

    results = {}
    created = [client.create(build(name, 1, tier)) for name, tier in (("a", "gold"), ("b", "tin"), ("c", "gold"))]
    results["duplicate"] = rejection(lambda: client.create(build("a", 1, "gold")))
    results["generation"] = created[0].metadata.generation
    read = client.get(kind, "a")
    results["read"] = read.metadata.uid == created[0].metadata.uid and size_of(read) == 1
    pages = client.list(kind, labels={"tier": in_(["gold", "silver"])}, chunk_size=1)
    results["pages"] = [item.metadata.name for item in pages]
    results["fields"] = [item.metadata.name for item in client.list(kind, fields={"metadata.name": "b"})]

    results["merged"] = size_of(merge({"spec": {size_field: 2}}))
    results["stale"] = rejection(lambda: client.replace(read))
    applied = build("a", 3, "gold")
    results["conflict"] = rejection(lambda: client.apply(applied, field_manager="other"))
    results["applied"] = size_of(client.apply(applied, field_manager="other", force=True))
    status = {"status": {"replicas": 1, "observedGeneration": 3}}
    client.patch(kind.Status, "a", status, patch_type=PatchType.MERGE)
    after = client.get(kind, "a")
    results["status"] = [after.to_dict()["status"]["replicas"], after.metadata.generation]
    results["managers"] = sorted(
        [entry.manager, entry.operation, entry.subresource or ""] for entry in after.metadata.managedFields
    )

    merge({"metadata": {"finalizers": ["example.dev/wait"]}})
    client.delete(kind, "a")
    results["terminating"] = client.get(kind, "a").metadata.deletionTimestamp is not None
    merge({"metadata": {"finalizers": None}})
    results["deleted"] = rejection(lambda: client.get(kind, "a"))

    events = []
    for event, item in client.watch(kind, resource_version=created[0].metadata.resourceVersion):
        events.append([event, item.metadata.name, size_of(item)])
        if event == "DELETED":
            break
    results["watched"] = events
    client.deletecollection(kind)
    results["remaining"] = len(list(client.list(kind)))
    return results


def main(kubeconfig, definition):
    client = Client(
        config=KubeConfig.from_file(kubeconfig), namespace="default", field_manager="scenario", trust_env=False
    )
    with open(definition) as file:
        client.create(CustomResourceDefinition.from_dict(json.load(file)))
    client.wait(CustomResourceDefinition, "widgets.example.dev", for_conditions=["Established"])
    results = {
        "widgets": run(client, Widget, widget, "size", lambda item: item.spec["size"]),
        "statefulsets": run(client, StatefulSet, stateful_set, "replicas", lambda item: item.spec.replicas),
    }
    print(json.dumps(results))


main(*sys.argv[1:])

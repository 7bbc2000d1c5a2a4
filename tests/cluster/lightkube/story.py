"""The life of an object as lightkube sees it, told as JSON for a custom kind and for a built-in one.

python3 story.py KUBECONFIG DEFINITION: the definition, a file with JSON, is that of widgets.example.dev.
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


def refusal(call):
    """The code, reason and causes of a call that must fail."""
    try:
        call()
    except ApiError as error:
        status = error.status
        causes = status.details.causes if status.details else None
        return [status.code, status.reason, [cause.field for cause in causes or []]]
    raise AssertionError("nobody refused")


def life(client, kind, make, size_field, size_of):
    def merge(patch):
        return client.patch(kind, "a", patch, patch_type=PatchType.MERGE)

    seen = {}
    made = [client.create(make(name, 1, tier)) for name, tier in (("a", "gold"), ("b", "tin"), ("c", "gold"))]
    seen["taken"] = refusal(lambda: client.create(make("a", 1, "gold")))
    seen["generation"] = made[0].metadata.generation
    read = client.get(kind, "a")
    seen["read"] = read.metadata.uid == made[0].metadata.uid and size_of(read) == 1
    pages = client.list(kind, labels={"tier": in_(["gold", "silver"])}, chunk_size=1)
    seen["pages"] = [one.metadata.name for one in pages]
    seen["fields"] = [one.metadata.name for one in client.list(kind, fields={"metadata.name": "b"})]

    seen["merged"] = size_of(merge({"spec": {size_field: 2}}))
    seen["stale"] = refusal(lambda: client.replace(read))
    claim = make("a", 3, "gold")
    seen["conflict"] = refusal(lambda: client.apply(claim, field_manager="other"))
    seen["applied"] = size_of(client.apply(claim, field_manager="other", force=True))
    status = {"status": {"replicas": 1, "observedGeneration": 3}}
    client.patch(kind.Status, "a", status, patch_type=PatchType.MERGE)
    after = client.get(kind, "a")
    seen["status"] = [after.to_dict()["status"]["replicas"], after.metadata.generation]
    seen["managers"] = sorted(
        [entry.manager, entry.operation, entry.subresource or ""] for entry in after.metadata.managedFields
    )

    merge({"metadata": {"finalizers": ["example.dev/wait"]}})
    client.delete(kind, "a")
    seen["going"] = client.get(kind, "a").metadata.deletionTimestamp is not None
    merge({"metadata": {"finalizers": None}})
    seen["gone"] = refusal(lambda: client.get(kind, "a"))

    events = []
    for event, one in client.watch(kind, resource_version=made[0].metadata.resourceVersion):
        events.append([event, one.metadata.name, size_of(one)])
        if event == "DELETED":
            break
    seen["watched"] = events
    client.deletecollection(kind)
    seen["left"] = len(list(client.list(kind)))
    return seen


def main(kubeconfig, definition):
    client = Client(config=KubeConfig.from_file(kubeconfig), namespace="default", field_manager="story", trust_env=False)
    with open(definition) as file:
        client.create(CustomResourceDefinition.from_dict(json.load(file)))
    client.wait(CustomResourceDefinition, "widgets.example.dev", for_conditions=["Established"])
    told = {
        "widgets": life(client, Widget, widget, "size", lambda one: one.spec["size"]),
        "statefulsets": life(client, StatefulSet, stateful_set, "replicas", lambda one: one.spec.replicas),
    }
    print(json.dumps(told))


main(*sys.argv[1:])

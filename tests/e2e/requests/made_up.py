"""What requests are made of: the description's parameters, and now and then what the engine has."""

import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

FILTERS = st.dictionaries(
    st.sampled_from(("before", "dangling", "driver", "id", "label", "label!", "name", "reference", "since", "until"))
    | st.text(max_size=5),
    st.lists(st.sampled_from(["true", "box", "a=b", "10m", "busybox"]) | st.text(max_size=5), max_size=3),
    max_size=3,
).map(json.dumps)

LINES = st.sampled_from(["FROM busybox", "COPY . /", "RUN true", "ENV A=b", "VOLUME /x", "ADD f /g/", "FROM scratch"])
DOCKERFILES = st.lists(LINES | st.text(max_size=10), max_size=4).map("\n".join)


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


CONTEXTS = st.fixed_dictionaries({"Dockerfile": DOCKERFILES, "f": st.text(max_size=5)}).map(archive)
SAVED = st.fixed_dictionaries({"manifest.json": st.sampled_from(["[{}]", "{}", '[{"Config":"f"}]']), "f": st.text()})
ARCHIVES = st.binary(max_size=1100) | CONTEXTS | SAVED.map(archive)


@dataclass(frozen=True)
class Known:
    """Names of what the engine has, by where they stand: a noun of paths, a parameter, a field of a body."""

    nouns: dict[str, tuple[str, ...]]
    fields: dict[str, tuple[str, ...]]


@st.composite
def parts(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    """A few fields of a body, and a few of theirs: what is wrong with one field hides the others."""
    few = draw(st.lists(st.sampled_from(sorted(body)), max_size=3, unique=True)) if body else []
    return {name: draw(parts(body[name])) if isinstance(body[name], dict) else body[name] for name in few}


@st.composite
def cases(draw: st.DrawFn, operation: APIOperation[Any, Any, Any, Any], known: Known) -> Case:
    """A request as described, or one that is wrong somewhere."""
    case: Case = draw(operation.as_strategy(generation_mode=draw(st.sampled_from(list(GenerationMode)))))
    nouns = known.nouns.get(operation.path.split("/")[1], ())
    for name in ("id", "name"):
        if nouns and name in case.path_parameters and draw(st.booleans()):
            case.path_parameters[name] = draw(st.sampled_from(nouns))
    if any(parameter.name == "filters" for parameter in operation.query) and draw(st.booleans()):
        case.query["filters"] = draw(FILTERS)
    if isinstance(case.body, dict) and draw(st.booleans()):
        case.body = draw(parts(case.body))
    for place in (case.query, case.body):
        for name in known.fields.keys() & (place if isinstance(place, dict) else {}):
            if draw(st.integers(0, 3)):
                place[name] = draw(st.sampled_from(known.fields[name]))
    return case


@schemathesis.serializer("application/x-tar", "application/octet-stream")
def _archive_as_it_is(_context: object, value: object) -> dict[str, object]:
    return {"data": value if isinstance(value, bytes) else json.dumps(value, default=str).encode()}


schemathesis.openapi.media_type("application/x-tar", ARCHIVES)
schemathesis.openapi.media_type("application/octet-stream", ARCHIVES)

"""The OpenAPI 3.1 document, read from the endpoints' own models."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cloud_sync_server.errors import BadRequest, Busy, HqError, NotAllowed, OneAtATime, SlowDown
from salon.reconcile.protocol import Problem

if TYPE_CHECKING:
    from cloud_sync_server.api.door import Endpoint

_REF = "#/components/schemas/{model}"


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    every = list(endpoints)
    models = {model for endpoint in every for model in (endpoint.answer, endpoint.body) if model} | {Problem}
    named = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in named], ref_template=_REF)
    paths: dict[str, Any] = {}
    for endpoint in every:
        paths.setdefault(f"/v1{endpoint.path}", {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parlour sync",
            "version": version("parlour"),
            "summary": "How stores and head office reconcile",
            "description": "JSON, gzip in both directions. 429 and 503 carry Retry-After.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "store": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`<store id>.<key>`, the key from /v1/enrol",
                }
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    refusals: list[type[HqError]] = [BadRequest, *endpoint.errors]
    if endpoint.by_store:
        refusals += [NotAllowed, OneAtATime, SlowDown, Busy]
    operation: dict[str, Any] = {
        "operationId": endpoint.path.strip("/").replace("/", "_"),
        "summary": endpoint.summary,
        "security": [{"store": []}] if endpoint.by_store else [],
        "parameters": list(_parameters(endpoint.query)),
        "responses": {"200": {"description": "Done", **_content(endpoint.answer)}, **_refusals(refusals)},
    }
    if endpoint.body:
        operation["requestBody"] = {"required": True, **_content(endpoint.body)}
    return operation


def _parameters(query: type[BaseModel]) -> Iterable[dict[str, Any]]:
    schema = query.model_json_schema()
    for name, about in schema.get("properties", {}).items():
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": about.pop("description", ""),
            "schema": about,
        }


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}}


def _refusals(errors: list[type[HqError]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for error in errors:
        line = f"`{error.code}`: {(error.__doc__ or '').strip()}"
        entry = out.setdefault(str(error.status), {"description": "", **_content(Problem)})
        entry["description"] = "\n".join(filter(None, [entry["description"], line]))
        if issubclass(error, TimeoutError):
            seconds = {"description": "Seconds to wait", "schema": {"type": "integer"}}
            entry["headers"] = {"Retry-After": seconds}
    return out

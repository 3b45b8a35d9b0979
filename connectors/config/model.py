"""Base class of every plug-in and of the job file: a frozen model whose fields are its config keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from penstock.connectors.config.help_texts import help_text
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import listed, nearest
from penstock.connectors.config.texts import first_sentence

TAG = "\0"
"""First character of those parts of a validation error's location that are not keys of the file. No key may contain it."""


class Config(BaseModel):
    """A strict (`"5"` is not 5), closed (unknown keys are errors) and frozen model. A field's docstring is its help text.

    A key without a value is an error, because it would silently mean the default.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=False)

    written: ClassVar[str] = ""
    """How the mapping is written. Shown in the error about a value that is not a mapping."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        made = handler(schema)
        for name, key in handler.resolve_ref_schema(made).get("properties", {}).items():
            if text := help_text(cls, name):
                key["description"] = text
        return made

    @field_validator("*", mode="before")
    @classmethod
    def _no_empty_value(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name:
            field = cls.model_fields[info.field_name]
            allowed = first_sentence(help_text(cls, info.field_name) or "a value")
            do = "write a value" if field.is_required() else "write a value, or remove the key"
            raise invalid(f"no value after {info.field_name}:", allowed, do)
        return value


def one_or_list(what: str) -> BeforeValidator:
    """Accept one text in place of a list of one text. `what` describes an item, such as `a topic`.

    A text with commas is an error that shows how to write the list.
    """

    def as_list(value: object) -> object:
        if isinstance(value, str) and "," in value:
            names = ", ".join(part.strip() for part in value.split(","))
            do = f"write a list: [{names}]"[:200]
            raise invalid(f'"{value[:60]}", which is one text with commas', f"{what}, or a list of them", do)
        return [value] if isinstance(value, str) else value

    return BeforeValidator(as_list)


class OneOrMore:
    """Let the JSON Schema accept a single item where the model holds a list."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


class OneOf:
    """Validate a mapping of one key, which names a plug-in of a registry, to the fields of that plug-in.

    Used as `Annotated[Source, OneOf("source", SOURCES)]`. In a validation error's location the plug-in's name follows TAG, so that it
    cannot be confused with a key of the file.
    """

    def __init__(self, kind: str, registry: Mapping[str, type[Config]]) -> None:
        self.kind = kind
        self.registry = registry

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: dict[Any, CoreSchema] = {}
        for name, model in self.registry.items():
            field = core_schema.typed_dict_field(handler.generate_schema(model))
            choices[TAG + name] = core_schema.typed_dict_schema({name: field}, extra_behavior="forbid")
        union = core_schema.tagged_union_schema(choices, discriminator=lambda value: TAG + next(iter(value)))
        base = core_schema.no_info_before_validator_function(self._one, union)
        return core_schema.no_info_wrap_validator_function(
            lambda value, inner: value if isinstance(value, Config) else next(iter(inner(value).values())),
            base,
            serialization=core_schema.plain_serializer_function_ser_schema(self._dump),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        choices = [
            {
                "type": "object",
                "title": name,
                "description": (model.__doc__ or "").strip(),
                "properties": {name: model.__get_pydantic_json_schema__(model.__pydantic_core_schema__, handler)},
                "required": [name],
                "additionalProperties": False,
            }
            for name, model in self.registry.items()
        ]
        return {"oneOf": choices}

    def _dump(self, value: Config) -> dict[str, Any]:
        name = registered(self.registry, value)
        return {name: value.model_dump(mode="json", exclude_unset=True)}

    def _one(self, value: object) -> object:
        """Check the shape `{name: fields}`. `{name: null}` means that all fields have their defaults."""
        allowed = listed(self.registry)
        if not isinstance(value, dict) or not value:
            found = "nothing" if value in (None, {}) else f"{value!r}"[:60]
            name, colon, rest = str(value).partition(":")
            do = f"write a space after the colon: {name}: {rest}" if colon and name in self.registry else ""
            raise invalid(f"{found} in place of a {self.kind}", allowed, do or f"name one {self.kind} and its keys")
        if len(value) > 1:
            found = ", ".join(map(str, value))
            known = [name for name in value if name in self.registry]
            others = ", ".join(str(name) for name in value if name not in self.registry)
            do = f"indent {others} more, so that it is below {known[0]}" if len(known) == 1 else "keep one of them"
            raise invalid(f"{len(value)} keys ({found})", f"one {self.kind}: {allowed}", do, list(value)[1])
        [(name, fields)] = value.items()
        if name not in self.registry:
            do = nearest(str(name), self.registry) or f"run penstock list {self.kind}s"
            raise invalid(f'"{name}", which is not a known {self.kind}', allowed, do, name)
        return {name: {} if fields is None else fields}


def registered(registry: Mapping[str, type[Config]], plug_in: Config) -> str:
    """Return the name of a plug-in in its registry."""
    return next(name for name, model in registry.items() if type(plug_in) is model)

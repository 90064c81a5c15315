"""Checks responses and streams against the models of the Open Responses specification.

    pip install openresponses-types==2.4.0
    python validate.py FILE...

A file holds one response as JSON or one stream as server-sent events, and may be an insta snapshot of it.
Two things are taken out first, because the specification leaves them to others: items, events and tools of
types it does not have (hosted and custom tools are OpenAI's own), and the schema of a JSON output, which the
generated models take to be null.
"""

import json
import sys

import openresponses_types as types
from pydantic import BaseModel, ValidationError

ITEMS = {"message", "function_call", "function_call_output", "reasoning", "compaction"}


def event_models() -> dict[str, type[BaseModel]]:
    """The models of events by the one value their field `type` can have."""
    models = {}
    for name, model in vars(types).items():
        if name.endswith("StreamingEvent"):
            (kind,) = model.model_fields["type"].annotation
            models[kind.value] = model
    return models


EVENTS = event_models()


def without_extensions(response: dict) -> dict:
    response = dict(response)
    response["output"] = [item for item in response["output"] if item["type"] in ITEMS]
    response["tools"] = [tool for tool in response["tools"] if tool["type"] == "function"]
    choice = response["tool_choice"]
    if isinstance(choice, dict) and choice.get("type") not in {"function", "allowed_tools"}:
        response["tool_choice"] = "auto"
    text = dict(response["text"])
    if text["format"]["type"] == "json_schema":
        text["format"] = {"description": None, "strict": False, **text["format"], "schema": None}
    response["text"] = text
    return response


def check_event(event: dict) -> bool:
    """Whether the specification knows the event; raises where the event is not as it should be."""
    kind = event["type"]
    if kind not in EVENTS or event.get("item", {}).get("type", "message") not in ITEMS:
        return False
    if "response" in event:
        event = {**event, "response": without_extensions(event["response"])}
    EVENTS[kind].model_validate(event)
    return True


def content(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".snap"):
        _, _, text = text.split("---\n", 2)
    return text.strip()


def check(path: str) -> str:
    text = content(path)
    if text.startswith("{"):
        types.ResponseResource.model_validate(without_extensions(json.loads(text)))
        return "a response"
    known = others = 0
    for block in text.split("\n\n"):
        lines = block.split("\n")
        data = "\n".join(line[5:].lstrip(" ") for line in lines if line.startswith("data:"))
        if not data or data == "[DONE]":
            continue
        if check_event(json.loads(data)):
            known += 1
        else:
            others += 1
    if known == 0:
        raise ValueError("no event of the specification in it")
    return f"{known} events, and {others} of OpenAI's own"


def main(paths: list[str]) -> int:
    failures = 0
    for path in paths:
        try:
            print(f"ok    {path}: {check(path)}")
        except (ValidationError, ValueError, KeyError) as error:
            failures += 1
            print(f"FAIL  {path}: {error!r}" if isinstance(error, KeyError) else f"FAIL  {path}: {error}")
    return 1 if failures or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

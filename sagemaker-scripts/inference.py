"""Inference handler of the endpoint: the four functions that the prebuilt scikit-learn container calls."""

import json
from pathlib import Path
from typing import Any

from flask import Response

from recommender import answers, model


def model_fn(model_dir: str) -> model.Model:
    """Load the model that the training job wrote."""
    return model.load(Path(model_dir))


def input_fn(body: bytes | str, content_type: str) -> answers.Request | answers.BadRequest:
    """Read the request. A bad one is handed on: what is raised here, the container answers with 500."""
    try:
        return answers.parse(body, content_type or "")
    except answers.BadRequest as problem:
        return problem


def predict_fn(request: answers.Request | answers.BadRequest, loaded: model.Model) -> dict[str, Any]:
    """Answer the request, with ``error`` when it is a bad one."""
    if isinstance(request, answers.BadRequest):
        return {"error": str(request)}
    return answers.answer(loaded, request)


def output_fn(prediction: dict[str, Any], _accept: str) -> Response:
    """Write the answer as JSON, whatever is asked for: status 200, or 400 with the reason."""
    return Response(json.dumps(prediction), status=400 if "error" in prediction else 200, mimetype=answers.JSON)

"""What every handler is wrapped in: correlation, logs, metrics of failures, errors in the caller's form."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from porchlight.errors import InvalidInputError, NotFoundError, PorchlightError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.http import Handler, Response, problem, request_of
from porchlight.runtime.observability import logger

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], Any]

_CORRELATION = ("return_id", "shipment_id", "order_id")


def http_handler(routes: Mapping[str, Handler]) -> LambdaHandler:
    """A handler for ``{"POST /webhooks/{carrier}": function}``; functions get the request and the path parameters.

    Paths are logged as routes, never as called: they may carry tokens. What goes well is not logged: the gateway's
    access log has it, and the logger costs a fifth of a cold start.
    """

    def handle(event: Event, context: Any) -> Response:
        del context
        route = str(event.get("routeKey", ""))
        handler = routes.get(route)
        try:
            if handler is None:
                raise NotFoundError
            return handler(request_of(event), event.get("pathParameters") or {})
        except PorchlightError as error:
            logger().warning("refused", extra={"route": route, "problem": error.problem, "status": error.status})
            return problem(error)
        except Exception as error:
            # Validation errors quote their input, which may be personal: only the kind of error is logged.
            logger().error("failed", extra={"route": route, "error": type(error).__name__, "where": _where(error)})
            app.metrics.count("HandlerErrors", route=route or "unknown")
            return problem(PorchlightError())

    return handle


def public_handler(routes: Mapping[str, Handler]) -> LambdaHandler:
    """As ``http_handler``, for routes that pages of any shop call: every answer may be read there. They carry no
    credentials, so there is nothing to protect from the page that asks.
    """
    handle = http_handler(routes)

    def answer(event: Event, context: Any) -> Response:
        response: Response = handle(event, context)
        response["headers"] |= {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
        return response

    return answer


def task_handler(function: Callable[[Event], Any]) -> LambdaHandler:
    """A task of a state machine: the error's class name is what ``ErrorEquals`` sees. Only ids are logged."""

    def handle(event: Event, context: Any) -> Any:
        del context
        log = logger()
        correlation = next((event[key] for key in _CORRELATION if event.get(key)), None)
        log.set_correlation_id(str(correlation or ""))
        try:
            result = function(event)
        except PorchlightError as error:
            log.warning("task refused", extra={"problem": error.problem, "error": type(error).__name__})
            raise
        except Exception as error:
            log.error("task failed", extra={"error": type(error).__name__, "where": _where(error)})
            if _quotes_input(error):
                raise InvalidInputError("the input is not in the expected form") from None
            # The runtime would log the error's text and its causes, which may quote anything.
            raise PorchlightError(type(error).__name__) from None
        log.info("task done")
        return result

    return handle


def event_handler(function: Callable[[Event], Any]) -> LambdaHandler:
    """A handler for one EventBridge event; ``function`` gets its detail."""
    return task_handler(lambda event: function(event.get("detail", event)))


def batch_handler[T](
    function: Callable[[Mapping[str, Any]], T | None],
    item_id: Callable[[Mapping[str, Any]], str],
    finish: Callable[[list[T]], object] | None = None,
    *,
    reserve_seconds: float = 0,
) -> LambdaHandler:
    """A batch of records, each on its own: those that fail are reported and come again, the rest are done.

    ``finish`` gets the results of those that are done and have one, in one call for all; if it fails, these come again.
    No record but the first is begun when less than ``reserve_seconds`` are left: a function that is killed has done
    nothing, and takes the records of others with it.
    """

    def handle(event: Event, context: Any) -> Response:
        failed, done, results = [], [], []
        for index, record in enumerate(event["Records"]):
            if index and _seconds_left(context) < reserve_seconds:
                logger().warning("no time left", extra={"records": len(event["Records"]) - index})
                failed += event["Records"][index:]
                break
            try:
                result = function(record)
            except Exception as error:
                logger().error("record failed", extra={"error": type(error).__name__, "where": _where(error)})
                failed.append(record)
                continue
            if result is not None:
                results.append(result)
                done.append(record)
        if finish and results:
            try:
                finish(results)
            except Exception as error:
                logger().error("batch not finished", extra={"error": type(error).__name__, "where": _where(error)})
                failed += done
        return {"batchItemFailures": [{"itemIdentifier": item_id(record)} for record in failed]}

    return handle


def _seconds_left(context: Any) -> float:
    return context.get_remaining_time_in_millis() / 1000 if context else inf


def _where(error: BaseException) -> str:
    """The innermost place of ours in the traceback: file and line, without any values."""
    place, trace = "", error.__traceback__
    while trace:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/python/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _quotes_input(error: BaseException) -> bool:
    """True for errors whose text repeats what was put in."""
    return type(error).__module__.startswith("pydantic")

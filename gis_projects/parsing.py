"""JSON from outside: bounded in depth, and with no text that can't be stored or sent back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers, serializers


def loads(text: str) -> Any:
    """Parse JSON as the standard has it: no NaN, no depth that exhausts the parser, no half characters.

    Raises
    ------
    ValueError
        It is no such JSON; the message is for a person.
    """
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(
            _("第 %(line)s 行第 %(column)s 列起不符合 JSON 语法。")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    except RecursionError as error:
        raise ValueError(_("JSON 嵌套过深。")) from error
    except _NotANumber:
        raise
    except ValueError as error:
        # The one other thing that json refuses: an integer of thousands of digits.
        raise ValueError(_("JSON 中有位数过多的整数。")) from error
    # Only an escape can write either of the two; a geometry of many vertices has none, and isn't walked through.
    if "\\u" in text:
        for word in _words(data):
            if "\0" in word:
                raise ValueError(_("文本中不能有空字符。"))
            if not word.isascii() and any("\ud800" <= character <= "\udfff" for character in word):
                raise ValueError(_("文本中有不完整的字符（单独的代理码）。"))
    return data


class _NotANumber(ValueError):
    pass


def _no_constant(name: str) -> NoReturn:
    raise _NotANumber(_("“%(text)s”不是有限的数。") % {"text": name})


def _words(data: Any) -> Iterator[str]:
    """Every name and text, however deep."""
    open_ = [data]
    while open_:
        value = open_.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            open_ += value.keys()
            open_ += value.values()
        elif isinstance(value, list):
            open_ += value


class JSONParser(parsers.JSONParser):
    """The body of a request as JSON, see `loads`."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            # RFC 8259 knows one encoding, whatever the header names.
            return loads(stream.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(_("JSON 应为 UTF-8 编码。")) from error
        except ValueError as error:
            raise exceptions.ParseError(str(error)) from error


class JSONField(serializers.JSONField):
    """A field of any JSON; in a form it is written as text, which is parsed by `loads` too."""

    def to_internal_value(self, data: Any) -> Any:
        if getattr(data, "is_json_string", False):
            try:
                return loads(str(data))
            except ValueError as error:
                raise serializers.ValidationError(str(error), code="invalid") from error
        return super().to_internal_value(data)


class FloatField(serializers.FloatField):
    """A number; an integer too large for one is refused like any other word that is none."""

    def to_internal_value(self, data: Any) -> float:
        try:
            return super().to_internal_value(data)
        except OverflowError:
            self.fail("invalid")

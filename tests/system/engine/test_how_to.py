"""The pages of docs/how-to that speak SQL: every block runs, and every statement answers, in its first column, what the page says behind '-- =>'."""

import pathlib
import re

import pytest
from conftest import connect

PAGES = pathlib.Path(__file__).resolve().parents[3] / "docs" / "how-to"
NAMES = ["till", "web-shop", "kitchen", "offline-till", "ask-the-views"]
STATEMENT = re.compile(r"(.*?);(?:[ ]*--[ ]*=>[ ]*([^\n]*))?\n", re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_answers_what_it_says(name):
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    connection = connect()
    answered = 0
    for block in re.findall(r"```sql\n(.*?)```", page, re.DOTALL):
        assert STATEMENT.sub("", block).strip() == "", block
        for statement, expected in STATEMENT.findall(block):
            with connection.cursor() as cursor:
                cursor.execute(statement)
                if expected:
                    found, *_ = cursor.fetchone()
                    text = str(found).lower() if isinstance(found, bool) else str(found)
                    assert text == expected, statement
                    answered += 1
    connection.close()
    assert answered > 5

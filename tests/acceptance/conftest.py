import os

import pytest
from acceptance_support import DATA, Database


@pytest.fixture(name="db")
def fixture_db():
    if not os.path.isdir(DATA):
        pytest.skip("STOCKD_TEST_DATA is not set: the acceptance tests on the large data are SKIPPED")
    with Database() as database:
        yield database

"""The whole service in this process, as machines and browsers meet it."""

from tests.admin.conftest import catalogue as catalogue
from tests.admin.conftest import office as office
from tests.admin.conftest import staff as staff

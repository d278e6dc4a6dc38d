"""`python -m app` is `vilt`."""

from app.cli.main import run

if __name__ == "__main__":
    run()

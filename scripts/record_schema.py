"""Write docs/record.schema.json, the JSON schema of a run's record, from the code that writes records."""

import json
from pathlib import Path

from framesmooth.workflows.settings_reference import record_schema

SCHEMA = Path(__file__).parents[1] / "docs" / "record.schema.json"

if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(record_schema(), indent=2) + "\n", encoding="utf-8")

"""The last line of `make soak`, from pytest's report: N passed, N failed, N skipped."""

import sys
import xml.etree.ElementTree as xml

suites = list(xml.parse(sys.argv[1]).getroot().iter("testsuite"))
total, failed, errors, skipped = (
    sum(int(suite.get(word, 0)) for suite in suites)
    for word in ("tests", "failures", "errors", "skipped")
)
failed += errors
print(f"{total - failed - skipped} passed, {failed} failed, {skipped} skipped")

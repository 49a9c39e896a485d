"""An app whose handlers the tests of real worker processes run."""

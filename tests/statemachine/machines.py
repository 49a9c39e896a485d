"""The whole machine, for each store."""

from tests.statemachine.cancel_rules import CancelRules
from tests.statemachine.concurrent_rules import ConcurrentRules
from tests.statemachine.consume_rules import ConsumeRules
from tests.statemachine.deferring_rules import DeferringRules
from tests.statemachine.group_rules import GroupRules
from tests.statemachine.once_rules import OnceRules
from tests.statemachine.operator_rules import OperatorRules
from tests.statemachine.settings_rules import SettingsRules
from tests.statemachine.subjects import MemorySubject, PostgreSQLSubject, SQLiteSubject
from tests.statemachine.time_rules import TimeRules
from tests.statemachine.truncation_rules import TruncationRules


class WholeMachine(
    OperatorRules,
    CancelRules,
    OnceRules,
    DeferringRules,
    ConsumeRules,
    ConcurrentRules,
    TruncationRules,
    SettingsRules,
    GroupRules,
    TimeRules,
):
    """Every rule there is."""


class MemoryMachine(WholeMachine):
    subject_class = MemorySubject


class SQLiteMachine(WholeMachine):
    subject_class = SQLiteSubject


class PostgreSQLMachine(WholeMachine):
    subject_class = PostgreSQLSubject

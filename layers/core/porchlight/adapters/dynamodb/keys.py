"""Every key of the table is built here and nowhere else.

::

    pk                                  sk                    entity
    BRAND#{brand}#SHIPMENT#{shp_…}      SHIPMENT              shipment      (stream → bus, due index)
                                        EVENT#{evt_…}         event
                                        WAIT#{purpose}        wait
                                        WATCH                 watch         (due index)
                                        DECISION#{at}#{place}#{dec_…}  decision  (also under orders)
    BRAND#{brand}#ORDER#{ord_…}         ORDER                 order         (stream → bus, due index)
                                        PARCEL#{shp_…}        parcel
                                        REFUND#{id}           store_refund
                                        MESSAGE#{msg_…}       message       (due index)
                                        RETURN#{rma_…}        order_return
                                        LEDGER                ledger        (index until compared)
                                        RATING#{msg_…}        rating
    BRAND#{brand}#ORDERNUMBER#{digest}  {ord_…}               order_number
    BRAND#{brand}#TRIES#{place}#{digest}  {hour}              tries
    BRAND#{brand}#RETURN#{rma_…}        RETURN                return        (stream → bus, index while in review)
                                        WAIT#{purpose}        wait
    BRAND#{brand}#WITHDRAWAL#{wdl_…}    WITHDRAWAL            withdrawal    (stream → bus, due index)
    BRAND#{brand}#CASE#{cse_…}          CASE                  case          (stream → bus, due index)
    BRAND#{brand}#SHOPPER#{cus_…}       CONTACT               shopper
                                        RETURN#{at}#{rma_…}   shopper_return  (index)
                                        TOUCHES               touches
                                        SENDER#{rma_…}        sender
                                        BUNDLE#{id}           bundle
                                        PROFILE               profile
                                        RETURN_HISTORY        history
                                        CONSENT#{at}#{cns_…}  consent
    BRAND#{brand}#ADDRESS#{adr_…}       {cus_…}               address
    BRAND#{brand}#FINGERPRINT#{digest}  {cus_…}               fingerprint
    BRAND#{brand}#GOODS                 UNMATCHED#{id}        unmatched
    BRAND#{brand}#REPLY#{id}            REPLY                 reply
    BRAND#{brand}#EXPERIMENT#{name}/{version}  ARM#{arm}      arm
    BRAND#{brand}#ENGAGEMENT#{0…7}    DAY#{day}#{moment}#{channel}  engaged
    BRAND#{brand}#QUARANTINE            QUARANTINE#{q_…}      quarantined
    BRAND#{brand}#CODES                 CODE#{source}#{code}     code
                                        MEANING#{source}#{code}  meaning
    BRAND#{brand}#ASKING                EXCHANGE#{kind}#{source}  exchange
                                        ERRAND#{run_…}        errand        (due index)
    BRAND#{brand}#JOURNAL#{day}#{0…3}   {shp_…}               journal
    BRAND#{brand}#SENDING               BREAKER#{channel}#{provider}  breaker
                                        SENT#{channel}#{hour} sent_hour
    BRAND#{brand}#QUOTA#{channel}#{provider}  QUOTA            quota
    BRAND#{brand}#LANES                 LATE#{lane}#{day}     lane_day
                                        SURGE#{lane}          surge

    index by_due_at: due_shard = DUE#{0…7}, due_at = UTC instant, sortable; due_shard of watches = ASK#{source}#{brand}
    (…#NOW for the urgent), of errands = ASK#ERRANDS#{brand}, of withdrawals = WITHDRAWALS,
    of open cases = CASES#{brand} (due_at = instant#{cse_…}),
    of returns in review = REVIEWS#{brand}, of a month's returns = RETURNS#{brand}#{2026-03} (due_at = instant#{rma_…})
"""

import hashlib
import zlib
from datetime import UTC, date, datetime

SCHEMA_VERSION = 1
SHARDS = 8
JOURNAL_SHARDS = 4
"""A day of the journal is written to by all parcels of a brand: so many partitions share that."""
ENGAGEMENT_SHARDS = 8
"""One partition takes 1,000 writes a second: a million parcels that are delivered within ten minutes are 1,700."""
DUE_INDEX = "by_due_at"

LATE = "LATE#"
SURGE = "SURGE#"
SHIPMENT = "SHIPMENT"
ORDER = "ORDER"
RETURN = "RETURN"
CASE = "CASE"
CONTACT = "CONTACT"
PROFILE = "PROFILE"
CONSENT = "CONSENT#"
REPLY = "REPLY"
EVENT = "EVENT#"
WAIT = "WAIT#"
DECISION = "DECISION#"
PARCEL = "PARCEL#"
UNTRACKED = "UNTRACKED#"
REFUND = "REFUND#"
LEDGER = "LEDGER"
MESSAGE = "MESSAGE#"
RATING = "RATING#"
WITHDRAWAL = "WITHDRAWAL"
ORDER_RETURN = "RETURN#"
SHOPPER_RETURN = "RETURN#"
QUARANTINE = "QUARANTINE#"
CODE = "CODE#"
MEANING = "MEANING#"
WATCH = "WATCH"
EXCHANGE = "EXCHANGE#"
ERRAND = "ERRAND#"
DELIVERY = "DELIVERY#"
HEALTH = "HEALTH"
OPS_TOLD = "TOLD#"
BREAKER = "BREAKER#"
SENT = "SENT#"
QUOTA = "QUOTA"
TOUCHES = "TOUCHES"
SENDER = "SENDER#"
HISTORY = "RETURN_HISTORY"
UNMATCHED = "UNMATCHED#"
ARM = "ARM#"
BUNDLE = "BUNDLE#"
_MOST_BYTES = 900


def shipment_pk(brand: str, shipment_id: str) -> str:
    """Partition of a shipment, its events and its waits."""
    return f"BRAND#{brand}#SHIPMENT#{shipment_id}"


def order_pk(brand: str, order_id: str) -> str:
    """Partition of an order and all that hangs on it."""
    return f"BRAND#{brand}#ORDER#{order_id}"


def number_pk(brand: str, number: str) -> str:
    """Partition of the number that shoppers know an order by (``domain.orders.plain_number``): which orders have it."""
    return f"BRAND#{brand}#ORDERNUMBER#{hashlib.sha256(number.encode()).hexdigest()[:32]}"


def tries_pk(brand: str, place: str, who: str) -> str:
    """Partition of how often somebody has tried something; who, by a digest."""
    return f"BRAND#{brand}#TRIES#{place}#{hashlib.sha256(f'{brand}|{who}'.encode()).hexdigest()[:32]}"


def return_pk(brand: str, return_id: str) -> str:
    """Partition of a return."""
    return f"BRAND#{brand}#RETURN#{return_id}"


def withdrawal_pk(brand: str, statement_id: str) -> str:
    """Partition of a statement of withdrawal."""
    return f"BRAND#{brand}#WITHDRAWAL#{statement_id}"


def case_pk(brand: str, case_id: str) -> str:
    """Partition of a case."""
    return f"BRAND#{brand}#CASE#{case_id}"


def shopper_pk(brand: str, shopper_id: str) -> str:
    """Partition of a shopper: the one home of personal data."""
    return f"BRAND#{brand}#SHOPPER#{shopper_id}"


def address_pk(brand: str, digest: str) -> str:
    """Partition of an address, by its digest: whose it is."""
    return f"BRAND#{brand}#ADDRESS#{digest}"


def fingerprint_pk(brand: str, digest: str) -> str:
    """Partition of an address or a means of payment, by the digest that the shop made: who has used it."""
    return f"BRAND#{brand}#FINGERPRINT#{_within_a_key(digest)}"


def goods_pk(brand: str) -> str:
    """Partition of goods that belong to no return."""
    return f"BRAND#{brand}#GOODS"


def unmatched_sk(receipt_id: str) -> str:
    """Sort key of goods without a return, by the warehouse's own id."""
    return UNMATCHED + _within_a_key(receipt_id)


def reply_pk(brand: str, reply_id: str) -> str:
    """Partition of a reply that was dealt with."""
    return f"BRAND#{brand}#REPLY#{_within_a_key(reply_id)}"


def consent_sk(at: datetime, consent_id: str) -> str:
    """Sort key of one entry of a shopper's ledger: by time."""
    return f"{CONSENT}{instant(at)}#{consent_id}"


def quarantine_pk(brand: str) -> str:
    """Partition of a brand's quarantine."""
    return f"BRAND#{brand}#QUARANTINE"


def lanes_pk(brand: str) -> str:
    """Partition of what a brand's lanes are counted by."""
    return f"BRAND#{brand}#LANES"


def experiment_pk(brand: str, experiment: str) -> str:
    """Partition of what is counted in an experiment (``name/version``)."""
    return f"BRAND#{brand}#EXPERIMENT#{experiment}"


def engagement_pk(brand: str, shard: int) -> str:
    """Partition of what shoppers did with a brand's messages: a share of all its counts."""
    return f"BRAND#{brand}#ENGAGEMENT#{shard}"


def engagement_sk(day: date, moment: str = "", channel: str = "") -> str:
    """Sort key of one moment on one channel on one day; without them what all of the day begin with."""
    return f"DAY#{day}#{moment}#{channel}" if moment else f"DAY#{day}"


def codes_pk(brand: str) -> str:
    """Partition of the codes that a brand has met without a meaning, or has given one."""
    return f"BRAND#{brand}#CODES"


def code_sk(source: str, code: str) -> str:
    """Sort key of one code of a source that no table knows."""
    return f"{CODE}{source}#{_within_a_key(code)}"


def meaning_sk(source: str, code: str, words: str = "") -> str:
    """Sort key of the meaning given to one code of a source, and to one wording of it."""
    return meanings_sk(source) + _within_a_key("\x1f".join(filter(None, (code, words))))


def meanings_sk(source: str) -> str:
    """What the sort keys of all meanings given for a source begin with."""
    return f"{MEANING}{source}#"


def _within_a_key(text: str) -> str:
    """What may be longer than a sort key (1,024 bytes), by its beginning and a digest."""
    if len(text.encode()) <= _MOST_BYTES:
        return text
    return f"{text[:100]}#{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def asking_pk(brand: str) -> str:
    """Partition of a brand's dealings with the sources that it asks."""
    return f"BRAND#{brand}#ASKING"


def exchange_sk(kind: str, source: str) -> str:
    """Sort key of how a brand stands with one source."""
    return f"{EXCHANGE}{kind}#{source}"


def sending_pk(brand: str) -> str:
    """Partition of how a brand's providers are, and of what was sent and bounced."""
    return f"BRAND#{brand}#SENDING"


def breaker_sk(channel: str, provider: str) -> str:
    """Sort key of a provider's breaker."""
    return f"{BREAKER}{channel}#{provider}"


def sent_sk(channel: str, hour: str) -> str:
    """Sort key of what a channel sent in an hour (``2026-03-01T17``)."""
    return f"{SENT}{channel}#{hour}"


def quota_pk(brand: str, channel: str, provider: str) -> str:
    """Partition of a provider's token bucket: alone in it, because all processes write to it."""
    return f"BRAND#{brand}#QUOTA#{channel}#{provider}"


def webhook_pk(brand: str, endpoint: str) -> str:
    """Partition of one endpoint of a brand: what is sent there, and how it stands."""
    return f"BRAND#{brand}#WEBHOOK#{endpoint}"


def delivery_shard(delivery_id: str) -> str:
    """The shard of the due index that a delivery's entry goes to: an endpoint's many are spread over all of them."""
    return shard(zlib.crc32(delivery_id.encode()) % SHARDS)


def ops_pk(brand: str) -> str:
    """Partition of what a brand's people were told lately."""
    return f"BRAND#{brand}#OPS"


def journal_pk(brand: str, day: date, number: int) -> str:
    """Partition ``number`` of a day of a brand's journal."""
    return f"BRAND#{brand}#JOURNAL#{day}#{number}"


def journal_shard(shipment_id: str) -> int:
    """The number of the partition that a parcel's entries go to."""
    return zlib.crc32(shipment_id.encode()) % JOURNAL_SHARDS


def watch_shard(brand: str, source: str, *, urgent: bool = False) -> str:
    """The shard of the due index with what a source is to be asked for a brand: a source that is shut holds up nobody
    else. What is urgent has one of its own.
    """
    return f"ASK#{source}#{brand}#NOW" if urgent else f"ASK#{source}#{brand}"


def errand_shard(brand: str) -> str:
    """The shard of the due index with a brand's errands: another brand's many hold up none of them."""
    return f"ASK#ERRANDS#{brand}"


def returns_shard(brand: str, asked_at: datetime) -> str:
    """The shard of the index with the returns of a brand that were asked for in a month: no sweep reads it."""
    return f"RETURNS#{brand}#{asked_at.astimezone(UTC):%Y-%m}"


def ledgers_shard(brand: str) -> str:
    """The shard of the index with a brand's ledgers that the reconciliation is to look at: no sweep reads it."""
    return f"MONEY#{brand}"


def reviews_shard(brand: str) -> str:
    """The shard of the index with a brand's returns that wait for a person: no sweep reads it."""
    return f"REVIEWS#{brand}"


def cases_shard(brand: str) -> str:
    """The shard of the due index with a brand's open cases, for people: no sweep reads it."""
    return f"CASES#{brand}"


def withdrawals_shard() -> str:
    """The shard of the due index with the statements of withdrawal that are to be answered, of all brands."""
    return "WITHDRAWALS"


def case_place(deadline: datetime, case_id: str) -> str:
    """Where a case stands among those of its brand: by deadline, and one behind another at one instant."""
    return f"{instant(deadline)}#{case_id}"


def shard_of(pk: str) -> str:
    """The shard of the due index that a partition's entries go to."""
    return shard(zlib.crc32(pk.encode()) % SHARDS)


def shard(number: int) -> str:
    """``DUE#3``."""
    return f"DUE#{number}"


def instant(moment: datetime) -> str:
    """An instant as a sortable string: UTC, fixed width, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def owner(pk: str) -> tuple[str, str, str]:
    """(brand, kind, id) of a partition key."""
    _, brand, kind, record = pk.split("#", 3)
    return brand, kind, record

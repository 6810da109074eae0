"""The wiring: the one place that knows which adapter stands behind which port. All is made when first asked for."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from porchlight.runtime.settings import Settings, settings

if TYPE_CHECKING:
    from porchlight import announcing, asking, deciding, ports, predicting, reaching, returning
    from porchlight.adapters.brandpack import BrandPack
    from porchlight.connectors import CarrierConnector
    from porchlight.domain.brands import BrandConfig
    from porchlight.domain.receipts import Receipt
    from porchlight.domain.rma.names import SettlementKind
    from porchlight.refunds.kit import RefundKit
    from porchlight.services.advance_return import ReturnSteps
    from porchlight.services.answer_withdrawal import WithdrawalDesk
    from porchlight.services.assess_return import Assessor
    from porchlight.services.blocks import BlockDesk
    from porchlight.services.bundles import Gatherer
    from porchlight.services.consent import ConsentDesk
    from porchlight.services.dates import Dates
    from porchlight.services.delays import DelayWatch
    from porchlight.services.deliberate import Deliberation
    from porchlight.services.deliver_webhooks import WebhookSender
    from porchlight.services.experiments import Laboratory
    from porchlight.services.explain_delay import Explainer
    from porchlight.services.find_order import FindDesk
    from porchlight.services.hear_contacts import ContactDesk, ContactLog
    from porchlight.services.label_book import LabelBook
    from porchlight.services.label_return import LabelDesk
    from porchlight.services.ledger_book import LedgerBook
    from porchlight.services.lookout import Lookout
    from porchlight.services.money_news import MoneyDesk
    from porchlight.services.own_label import OwnLabels
    from porchlight.services.preference_centre import PreferenceCentre
    from porchlight.services.published_keys import PublishedKeys
    from porchlight.services.receive_mail import MailDesk
    from porchlight.services.receive_reply import ReplyDesk
    from porchlight.services.reconcile_refunds import Reconciler
    from porchlight.services.request_return import RequestDesk
    from porchlight.services.return_papers import ReturnPapers
    from porchlight.services.returns_api import ReturnsApi
    from porchlight.services.returns_portal import Portal
    from porchlight.services.reviews_api import ReviewsApi
    from porchlight.services.settle_return import Settler
    from porchlight.services.settlement_book import SettlementBook
    from porchlight.services.shopper_api import ShopperApi
    from porchlight.services.sign_up import SmsSignUp
    from porchlight.services.texting import Texts
    from porchlight.services.warehouse_api import WarehouseApi
    from porchlight.services.webhook_desk import WebhookDesk
    from porchlight.services.withdraw import WithdrawPage


class App:
    """The ports of this process."""

    def __init__(self, config: Callable[[], Settings] = settings) -> None:
        self._config = config

    @property
    def settings(self) -> Settings:
        """The settings of this function."""
        return self._config()

    @staticmethod
    def clock() -> datetime:
        """Now, in UTC. Services get it passed in."""
        return datetime.now(UTC)

    @cached_property
    def _table(self) -> Any:
        from porchlight.adapters.dynamodb.table import Table

        return Table(self.settings.table_name)

    @cached_property
    def _bodies(self) -> Any:
        from porchlight.adapters.s3 import Bodies

        return Bodies(self.settings.bodies_bucket)

    @cached_property
    def _secrets_manager(self) -> Any:
        from porchlight.adapters.secrets import SecretsManager

        return SecretsManager(self.settings.stage, time.monotonic)

    @cached_property
    def secrets(self) -> "ports.Secrets":
        """Named secrets."""
        found: ports.Secrets = self._secrets_manager
        return found

    @cached_property
    def accounts(self) -> "ports.Accounts":
        """Accounts of sources."""
        found: ports.Accounts = self._secrets_manager
        return found

    @cached_property
    def inbound(self) -> "ports.Inbound":
        """The inbound queue."""
        from porchlight.adapters.sqs import SqsInbound

        return SqsInbound(self.settings.inbound_queue_url, self._bodies)

    @cached_property
    def shipments(self) -> "ports.Shipments":
        """Shipments."""
        from porchlight.adapters.dynamodb.shipments import DynamoShipments

        return DynamoShipments(self._table)

    @cached_property
    def orders(self) -> "ports.Orders":
        """Orders and shoppers."""
        from porchlight.adapters.dynamodb.orders import DynamoOrders

        return DynamoOrders(self._table)

    @cached_property
    def profiles(self) -> "reaching.Profiles":
        """Profiles and the consent ledger."""
        from porchlight.adapters.dynamodb.profiles import DynamoProfiles

        return DynamoProfiles(self._table)

    @property
    def consent_desk(self) -> "ConsentDesk":
        """Who writes the consent ledger."""
        from porchlight.services.consent import ConsentDesk

        return ConsentDesk(self.profiles, self.metrics)

    @property
    def shopper_api(self) -> "ShopperApi":
        """What brands' own systems know and say about shoppers."""
        from porchlight.services.shopper_api import ShopperApi
        from porchlight.services.shoppers import ShopperDesk

        desk = ShopperDesk(self.profiles, self.consent_desk, self.histories, self.return_papers)
        return ShopperApi(desk, self.secrets)

    @property
    def return_papers(self) -> "ReturnPapers":
        """What returns have of their shoppers beside the records."""
        from porchlight.services.return_papers import ReturnPapers

        return ReturnPapers(self.returns, self.addresses, self.documents)

    @property
    def texts(self) -> "Texts":
        """Who answers by SMS."""
        from porchlight.services.texting import Texts

        return Texts(self.text_courier, self.renderer, self.metrics)

    @cached_property
    def histories(self) -> "returning.Histories":
        """What shoppers' returns were like."""
        from porchlight.adapters.dynamodb.histories import DynamoHistories

        return DynamoHistories(self._table)

    @cached_property
    def unmatched_goods(self) -> "returning.UnmatchedGoods":
        """Goods that belong to no return."""
        from porchlight.adapters.dynamodb.unmatched import DynamoUnmatchedGoods

        return DynamoUnmatchedGoods(self._table)

    @property
    def warehouse_api(self) -> "WarehouseApi":
        """Where goods that come back are booked."""
        from porchlight.services.warehouse import WarehouseDesk
        from porchlight.services.warehouse_api import WarehouseApi

        desk = WarehouseDesk(
            *(self.returns, self.orders, self.shipments, self.brands, self.unmatched_goods),
            *(self.lookout, self.metrics),
        )
        return WarehouseApi(desk, self.secrets)

    @cached_property
    def replies(self) -> "reaching.Replies":
        """What shoppers sent back."""
        from porchlight.adapters.dynamodb.replies import DynamoReplies

        return DynamoReplies(self._table)

    @cached_property
    def mails(self) -> "reaching.Mails":
        """Emails as they were received."""
        from porchlight.adapters.s3 import Bodies

        return Bodies(self.settings.bodies_bucket)

    @property
    def reply_desk(self) -> "ReplyDesk":
        """Who does what replies by SMS and WhatsApp ask for."""
        from porchlight.services.receive_reply import ReplyDesk
        from porchlight.services.support import Support

        support = Support(self.courier)
        return ReplyDesk(
            *(self.consent_desk, self.brands, self.replies, self.texts, support, self.contact_log, self.metrics)
        )

    @property
    def mail_desk(self) -> "MailDesk":
        """Who passes on what shoppers answer by email."""
        from porchlight.services.receive_mail import MailDesk
        from porchlight.services.support import Support

        support = Support(self.courier)
        return MailDesk(self.brands, self.replies, self.mails, support, self.contact_log, self.metrics)

    @property
    def preference_centre(self) -> "PreferenceCentre":
        """Where shoppers choose what they hear."""
        from porchlight.services.links import Links
        from porchlight.services.preference_centre import PreferenceCentre

        links = Links(self.secrets, self.public_url)
        return PreferenceCentre(
            *(self.consent_desk, self.orders, self.brands, self.catalogues, self.renderer, links, self.texts),
            self.metrics,
        )

    @property
    def sms_sign_up(self) -> "SmsSignUp":
        """Where shoppers ask for SMS."""
        from porchlight.services.links import Links
        from porchlight.services.sign_up import SmsSignUp

        links = Links(self.secrets, self.public_url)
        return SmsSignUp(
            *(self.consent_desk, self.orders, self.brands, self.catalogues, self.renderer, links, self.texts)
        )

    @cached_property
    def messages(self) -> "ports.Messages":
        """Message decisions."""
        from porchlight.adapters.dynamodb.messages import DynamoMessages

        return DynamoMessages(self._table)

    @cached_property
    def returns(self) -> "ports.Returns":
        """Returns."""
        from porchlight.adapters.dynamodb.returns import DynamoReturns

        return DynamoReturns(self._table)

    @property
    def assessor(self) -> "Assessor":
        """Who says what can be had for what somebody wants to send back."""
        from porchlight.services.assess_return import Assessor
        from porchlight.services.shopper_facts import ShopperBook

        shoppers = ShopperBook(self.profiles, self.histories)
        return Assessor(self.orders, self.shipments, self.returns, self.brands, shoppers, self.laws)

    @cached_property
    def statements(self) -> "returning.Statements":
        """Statements of withdrawal."""
        from porchlight.adapters.dynamodb.statements import DynamoStatements

        return DynamoStatements(self._table)

    @property
    def withdraw_page(self) -> "WithdrawPage":
        """Where contracts are withdrawn from."""
        from porchlight.services.links import Links
        from porchlight.services.withdraw import WithdrawPage

        links = Links(self.secrets, self.public_url)
        return WithdrawPage(
            *(self.statements, self.orders, self.returns, self.brands, self.renderer, links, self.tries, self.metrics)
        )

    @property
    def withdrawal_desk(self) -> "WithdrawalDesk":
        """Who answers statements of withdrawal."""
        from porchlight.services.answer_withdrawal import WithdrawalDesk
        from porchlight.services.links import Links
        from porchlight.services.support import Support

        return WithdrawalDesk(
            *(self.statements, self.request_desk, self.orders, self.returns, self.brands, self.renderer),
            *(Links(self.secrets, self.public_url), self.courier, Support(self.courier), self.metrics),
        )

    @property
    def request_desk(self) -> "RequestDesk":
        """Where returns are asked for."""
        from porchlight.services.request_return import RequestDesk

        return RequestDesk(self.returns, self.orders, self.assessor, self.addresses)

    @property
    def returns_api(self) -> "ReturnsApi":
        """What brands' own systems ask about returns."""
        from porchlight.services.links import Links
        from porchlight.services.returns_api import ReturnsApi
        from porchlight.services.review_return import Cancellation

        return ReturnsApi(
            *(self.returns, self.orders, self.brands, self.assessor, self.request_desk),
            *(Cancellation(self.returns, self.shipments), lambda: Links(self.secrets, self.public_url), self.secrets),
        )

    @property
    def reviews_api(self) -> "ReviewsApi":
        """What people decide about returns."""
        from porchlight.services.review_return import ReviewDesk
        from porchlight.services.reviews_api import ReviewsApi

        return ReviewsApi(ReviewDesk(self.returns, self.orders), self.own_labels, self.secrets)

    @property
    def return_steps(self) -> "ReturnSteps":
        """The loop of returns_authorization."""
        from porchlight.services.advance_return import ReturnSteps
        from porchlight.services.return_amounts import Amounts

        return ReturnSteps(self.returns, self.shipments, Amounts(self.assessor), self.metrics)

    @cached_property
    def cases(self) -> "deciding.Cases":
        """Questions for people."""
        from porchlight.adapters.dynamodb.cases import DynamoCases

        return DynamoCases(self._table)

    @cached_property
    def decisions(self) -> "deciding.Decisions":
        """What was decided about delays."""
        from porchlight.adapters.dynamodb.decisions import DynamoDecisions

        return DynamoDecisions(self._table)

    @cached_property
    def due(self) -> "ports.DueIndex":
        """The due index."""
        from porchlight.adapters.dynamodb.due import DynamoDueIndex

        return DynamoDueIndex(self._table)

    @cached_property
    def quarantine(self) -> "ports.Quarantine":
        """The quarantine."""
        from porchlight.adapters.dynamodb.quarantine import DynamoQuarantine

        return DynamoQuarantine(self._table, self._bodies)

    @cached_property
    def archive(self) -> "ports.Archive":
        """All raw bodies of carriers."""
        from porchlight.adapters.archive import FirehoseArchive

        return FirehoseArchive(self.settings.archive_stream, self.settings.bodies_bucket, self.clock)

    @cached_property
    def codes(self) -> "ports.Codes":
        """Codes without a meaning, and meanings that were given."""
        from porchlight.adapters.dynamodb.codes import DynamoCodes

        return DynamoCodes(self._table, time.monotonic)

    @cached_property
    def journal(self) -> "predicting.Journal":
        """What the dates engine learns from."""
        from porchlight.adapters.dynamodb.journal import DynamoJournal

        return DynamoJournal(self._table)

    @cached_property
    def date_models(self) -> "predicting.DateModels":
        """The models that predict."""
        from porchlight.adapters.datebook import CurrentModels

        return CurrentModels(self.settings.bodies_bucket, time.time)

    @cached_property
    def learned(self) -> "predicting.Learned":
        """What was learned so far."""
        from porchlight.adapters.datebook import DateBook

        return DateBook(self.settings.bodies_bucket)

    @cached_property
    def bus(self) -> "ports.Bus":
        """The bus."""
        from porchlight.adapters.eventbridge import EventBridgeBus

        return EventBridgeBus(self.settings.bus_name)

    @cached_property
    def workflows(self) -> "ports.Workflows":
        """State machines."""
        from porchlight.adapters.stepfunctions import StepFunctions

        return StepFunctions(
            {
                "delay_detection": self.settings.delay_machine,
                "notification_fanout": self.settings.fanout_machine,
            }
        )

    @cached_property
    def _pack(self) -> "BrandPack":
        from porchlight.adapters.brandpack import BrandPack

        return BrandPack()

    def carrier(self, source: str, brand: str | None = None) -> "CarrierConnector | None":
        """The connector of a carrier: one that is built in, else as ``brand`` declares it (None: for verifying, where
        each account says whose it is). None where there is none.
        """
        from porchlight.carriers.registry import carrier

        if found := carrier(source):
            return found
        if not (mappings := self._pack.carriers(source)):
            return None
        from porchlight.carriers.declared import DeclaredCarrier

        declared = DeclaredCarrier(source, mappings)
        return declared if brand is None else declared.of_brand(brand)

    @cached_property
    def sources(self) -> "asking.Sources":
        """Which sources there are."""
        from porchlight.runtime.sources import RegisteredSources

        return RegisteredSources()

    @property
    def lookout(self) -> "Lookout":
        """Who is asked about a parcel."""
        from porchlight.services.lookout import Lookout

        return Lookout(self.sources)

    @cached_property
    def surges(self) -> "deciding.Surges":
        """Lanes that break down."""
        from porchlight.adapters.dynamodb.surges import DynamoSurges

        return DynamoSurges(self._table, time.time)

    @property
    def delay_watch(self) -> "DelayWatch":
        """Who declares delays of parcels."""
        from porchlight.services.delays import DelayWatch
        from porchlight.services.surges import SurgeWatch

        surges = SurgeWatch(self.surges, self.cases, self.metrics)
        return DelayWatch(self.shipments, self.orders, self.brands, self.metrics, self.dates, surges)

    @property
    def explainer(self) -> "Explainer":
        """Who tells the story of a delay."""
        from porchlight.services.explain_delay import Explainer

        return Explainer(
            self.cases, self.decisions, self.shipments, self.orders, self.brands, self.secrets, lambda: self.public_url
        )

    @property
    def dates(self) -> "Dates":
        """Our own dates."""
        from porchlight.services.dates import Dates

        return Dates(self.date_models, self.surges)

    @cached_property
    def watches(self) -> "asking.Watches":
        """How parcels are asked about."""
        from porchlight.adapters.dynamodb.watches import DynamoWatches

        return DynamoWatches(self._table)

    @cached_property
    def errands(self) -> "asking.Errands":
        """What webhooks ask us to do."""
        from porchlight.adapters.dynamodb.errands import DynamoErrands

        return DynamoErrands(self._table)

    @cached_property
    def exchanges(self) -> "asking.Exchanges":
        """How brands stand with the sources that they ask."""
        from porchlight.adapters.dynamodb.exchanges import DynamoExchanges

        return DynamoExchanges(self._table)

    @cached_property
    def caller(self) -> "asking.Caller":
        """Who makes the calls that connectors build."""
        from porchlight.adapters.http import HttpCaller

        return HttpCaller()

    @cached_property
    def safe_caller(self) -> "asking.Caller":
        """Who calls addresses that strangers chose."""
        from porchlight.adapters.safe_http import SafeCaller

        return SafeCaller(call_seconds=8, loopback=self.settings.loopback_calls == "allowed")

    @cached_property
    def push_caller(self) -> "asking.Caller":
        """Who calls push services of browsers: one after the other, so that none may take long."""
        from porchlight.adapters.safe_http import SafeCaller

        return SafeCaller(connect_seconds=2, call_seconds=3, loopback=self.settings.loopback_calls == "allowed")

    @cached_property
    def webhook_deliveries(self) -> "announcing.WebhookDeliveries":
        """Deliveries to brands' endpoints."""
        from porchlight.adapters.dynamodb.webhooks import DynamoWebhookDeliveries

        return DynamoWebhookDeliveries(self._table)

    @cached_property
    def webhook_queue(self) -> "announcing.WebhookQueue":
        """What is to be delivered."""
        from porchlight.adapters.sqs import SqsWebhooks

        return SqsWebhooks(self.settings.webhook_queue_url)

    @property
    def webhook_desk(self) -> "WebhookDesk":
        """Where deliveries to brands' endpoints are put on their way."""
        from porchlight.services.webhook_desk import WebhookDesk

        return WebhookDesk(self.webhook_deliveries, self.webhook_queue, self.clock)

    @property
    def webhook_sender(self) -> "WebhookSender":
        """Who delivers them."""
        import random

        from porchlight.services.deliver_webhooks import WebhookSender

        return WebhookSender(
            *(self.webhook_deliveries, self.webhook_desk, self.brands, self.secrets, self.safe_caller),
            *(self.ops_bus, self.metrics, self.clock, random.random),
        )

    @cached_property
    def ops_bus(self) -> "announcing.OpsBus":
        """Notices for people of the brand."""
        from porchlight.adapters.eventbridge import EventBridgeOps

        return EventBridgeOps(self.settings.bus_name)

    @cached_property
    def ops_log(self) -> "announcing.OpsLog":
        """What they were told lately."""
        from porchlight.adapters.dynamodb.webhooks import DynamoOpsLog

        return DynamoOpsLog(self._table)

    @cached_property
    def published_keys(self) -> "PublishedKeys":
        """Keys that sources publish for their signatures."""
        from porchlight.services.published_keys import PublishedKeys

        return PublishedKeys(lambda: self.caller)

    @property
    def brands(self) -> "ports.Brands":
        """The brand pack."""
        return self._pack

    @cached_property
    def renderer(self) -> "ports.Renderer":
        """Words and looks."""
        from porchlight.adapters.rendering import PackRenderer

        return PackRenderer(self._pack)

    @cached_property
    def laws(self) -> "returning.Laws":
        """What the law gives buyers."""
        from porchlight.adapters.brandpack import PackLaws

        return PackLaws(self._pack)

    @property
    def public_url(self) -> str:
        """Where shoppers reach us, without a slash at the end: the PublicUrl parameter, or the API's own address."""
        from porchlight.adapters.parameters import parameter

        return parameter(f"/porchlight/{self.settings.stage}/public-url").rstrip("/")

    @cached_property
    def touches(self) -> "reaching.Touches":
        """What shoppers got lately."""
        from porchlight.adapters.dynamodb.touches import DynamoTouches

        return DynamoTouches(self._table)

    @cached_property
    def gatherer(self) -> "Gatherer":
        """Who puts messages together that wait together."""
        from porchlight.adapters.dynamodb.touches import DynamoBundles
        from porchlight.services.bundles import Gatherer

        return Gatherer(DynamoBundles(self._table), self.messages)

    @cached_property
    def ratings(self) -> "reaching.Ratings":
        """What shoppers thought of their orders."""
        from porchlight.adapters.dynamodb.ratings import DynamoRatings

        return DynamoRatings(self._table)

    @cached_property
    def blocks(self) -> "BlockDesk":
        """Who makes the blocks below the news; an API of the brand has a second to answer."""
        from porchlight.adapters.safe_http import SafeCaller
        from porchlight.services.blocks import BlockDesk

        loopback = self.settings.loopback_calls == "allowed"
        caller = SafeCaller(connect_seconds=1, call_seconds=1, loopback=loopback)
        return BlockDesk(self.catalogues, caller, self.metrics, time.monotonic)

    @property
    def catalogues(self) -> "reaching.Catalogues":
        """What decisions about messages go by."""
        return self._pack

    @property
    def deliberation(self) -> "Deliberation":
        """Who gathers what a decision about a message is made of."""
        from porchlight.services.deliberate import Deliberation

        return Deliberation(
            *(self.orders, self.shipments, self.returns, self.cases, self.brands, self.catalogues),
            *(self.profiles, self.touches, self.reputations),
        )

    @cached_property
    def breakers(self) -> "reaching.Breakers":
        """Which providers are shut."""
        from porchlight.adapters.dynamodb.health import DynamoBreakers

        return DynamoBreakers(self._table, time.monotonic)

    @cached_property
    def quotas(self) -> "reaching.Quotas":
        """How fast providers may be asked."""
        from porchlight.adapters.dynamodb.quotas import DynamoQuotas

        return DynamoQuotas(self._table, time.time)

    @property
    def find_desk(self) -> "FindDesk":
        """Where an order is found by its number."""
        from porchlight.services.find_order import FindDesk
        from porchlight.services.links import Links

        links = Links(self.secrets, self.public_url)
        return FindDesk(self.orders, self.brands, self.renderer, links, self.tries, self.metrics)

    @property
    def returns_portal(self) -> "Portal":
        """Where shoppers ask for returns and see how they go on."""
        from secrets import token_hex

        from porchlight.labels.registry import abilities
        from porchlight.services.links import Links
        from porchlight.services.returns_portal import Portal
        from porchlight.services.review_return import Cancellation, ReviewDesk

        def needs_address(provider: str) -> bool:
            known = abilities(provider)
            return known is not None and known.needs_address

        return Portal(
            *(self.orders, self.returns, self.brands, self.renderer, Links(self.secrets, self.public_url)),
            *(self.profiles, self.assessor, self.request_desk, self.documents, self.own_labels),
            *(ReviewDesk(self.returns, self.orders), Cancellation(self.returns, self.shipments)),
            *(needs_address, lambda: token_hex(8)),
        )

    @cached_property
    def tries(self) -> "reaching.Tries":
        """How often somebody has tried something."""
        from porchlight.adapters.dynamodb.tries import DynamoTries

        return DynamoTries(self._table)

    @cached_property
    def experiments(self) -> "reaching.Experiments":
        """What is counted in experiments."""
        from porchlight.adapters.dynamodb.experiments import DynamoExperiments

        return DynamoExperiments(self._table)

    @property
    def laboratory(self) -> "Laboratory":
        """Who counts assignments and effects."""
        from porchlight.services.experiments import Laboratory

        return Laboratory(self.experiments, self.profiles)

    @property
    def contact_log(self) -> "ContactLog":
        """Who counts the shoppers who write."""
        from porchlight.services.hear_contacts import ContactLog

        return ContactLog(self.profiles, self.laboratory, self.metrics)

    @property
    def contact_desk(self) -> "ContactDesk":
        """Who hears of them from help desks."""
        from porchlight.services.hear_contacts import ContactDesk

        return ContactDesk(self.orders, self.brands, self.replies, self.contact_log, self.secrets)

    @cached_property
    def engagement(self) -> "reaching.Engagement":
        """What shoppers did with messages."""
        from porchlight.adapters.dynamodb.engagement import DynamoEngagement

        return DynamoEngagement(self._table)

    @staticmethod
    def receipts(report: "Mapping[str, Any]") -> "list[Receipt]":
        """What a provider's report says of messages of ours."""
        from porchlight.channels.receipts import parse

        return parse(report)

    @cached_property
    def reputations(self) -> "reaching.Reputations":
        """What was sent, bounced and complained of."""
        from porchlight.adapters.dynamodb.health import DynamoReputations

        return DynamoReputations(self._table, time.monotonic)

    @cached_property
    def courier(self) -> "reaching.Courier":
        """Who carries messages."""
        from random import random

        from porchlight.services.courier import Courier

        return Courier(
            *(self.brands, self.provider, self.breakers, self.quotas, self.reputations, self.metrics),
            *(time.sleep, random),
        )

    @cached_property
    def text_courier(self) -> "reaching.Courier":
        """Who carries SMS alone: a function that answers a form may send nothing else."""
        from random import random

        from porchlight.services.courier import Courier

        return Courier(
            *(self.brands, self.text_provider, self.breakers, self.quotas, self.reputations, self.metrics),
            *(time.sleep, random),
        )

    def text_provider(self, provider_id: str) -> "reaching.Provider":
        """A provider of SMS, by its id; PermanentProviderError for others."""
        from porchlight.channels.registry import provider_ids
        from porchlight.domain.channels import Channel
        from porchlight.errors import PermanentProviderError

        if provider_id not in provider_ids(Channel.SMS):
            raise PermanentProviderError("it carries no SMS", code="not-set-up")
        return self.provider(provider_id)

    def provider(self, provider_id: str) -> "reaching.Provider":
        """A provider of a channel, by its id."""
        from porchlight.channels.kit import Kit
        from porchlight.channels.registry import provider

        sets = (self.settings.configuration_set, self.settings.sms_configuration_set)
        kit = Kit(self.secrets, self.clock, lambda: self.push_caller, *sets)
        return provider(provider_id, kit)

    @cached_property
    def metrics(self) -> "ports.Metrics":
        """Numbers for dashboards and alarms."""
        from porchlight.runtime.observability import EmfMetrics

        return EmfMetrics(self.settings.stage)

    def label_provider(self, provider_id: str) -> "returning.LabelProvider":
        """A provider of labels, by its id."""
        from porchlight.labels.kit import Kit
        from porchlight.labels.registry import label_provider

        return label_provider(provider_id, Kit(self.secrets, lambda: self.caller, lambda: self.paper_caller))

    @cached_property
    def paper_caller(self) -> "asking.Caller":
        """Who fetches labels from the addresses that a provider names."""
        from porchlight.adapters.http import MAX_ANSWER
        from porchlight.adapters.safe_http import SafeCaller

        loopback = self.settings.loopback_calls == "allowed"
        return SafeCaller(call_seconds=8, max_answer=MAX_ANSWER, loopback=loopback)

    @cached_property
    def documents(self) -> "returning.Documents":
        """Labels and pictures."""
        from porchlight.adapters.documents import BucketDocuments

        return BucketDocuments(self.settings.bodies_bucket)

    @cached_property
    def addresses(self) -> "returning.Addresses":
        """Where shoppers send from."""
        from porchlight.adapters.dynamodb.addresses import DynamoAddresses

        return DynamoAddresses(self._table)

    @property
    def label_book(self) -> "LabelBook":
        """Who writes labels down, with their parcels."""
        from porchlight.services.label_book import LabelBook

        return LabelBook(self.returns, self.orders, self.shipments, self.brands, self.lookout, self.metrics)

    @property
    def label_desk(self) -> "LabelDesk":
        """Who makes the labels of returns, and takes them back."""
        from porchlight.services.label_return import LabelDesk

        return LabelDesk(self.label_book, self.addresses, self.documents, self.label_provider)

    @property
    def own_labels(self) -> "OwnLabels":
        """Who takes labels that people bring."""
        from porchlight.services.own_label import OwnLabels

        return OwnLabels(self.label_book, self.addresses, self.documents)

    @cached_property
    def ledgers(self) -> "returning.Ledgers":
        """What was promised and paid back of orders' money."""
        from porchlight.adapters.dynamodb.ledgers import DynamoLedgers

        return DynamoLedgers(self._table)

    @property
    def ledger_book(self) -> "LedgerBook":
        """The ledgers, opened with what was promised before."""
        from porchlight.services.ledger_book import LedgerBook

        return LedgerBook(self.ledgers, self.orders, self.returns, self.shipments)

    @property
    def settler(self) -> "Settler":
        """Who has returns settled."""
        from porchlight.services.settle_return import Settler

        return Settler(self.settlement_book, self.brands, self.settlement_provider)

    @property
    def settlement_book(self) -> "SettlementBook":
        """Where settlements are written down."""
        from porchlight.services.settlement_book import SettlementBook

        return SettlementBook(self.returns, self.orders, self.ledger_book, self.metrics)

    @property
    def money_desk(self) -> "MoneyDesk":
        """Where refund providers are heard."""
        from porchlight.services.money_news import MoneyDesk

        return MoneyDesk(self.settlement_book, self.brands, self.metrics)

    @property
    def reconciler(self) -> "Reconciler":
        """Who compares what was promised, done and booked."""
        from porchlight.services.reconcile_refunds import Reconciler

        return Reconciler(self.settlement_book, self.money_desk, self.brands, self.settlement_provider, self.metrics)

    def settlement_provider(self, brand: "BrandConfig", kind: "SettlementKind") -> "returning.SettlementProvider":
        """Who does a kind of settlement for a brand."""
        from porchlight.refunds.registry import settlement_provider

        return settlement_provider(brand, kind, self._refund_kit(brand))

    def remedies(self, brand: "BrandConfig") -> "deciding.Remedies":
        """Who carries out what is decided about delays."""
        from porchlight.refunds.registry import remedies

        return remedies(brand, self._refund_kit(brand))

    @staticmethod
    def refund_news(provider: str) -> "Any":
        """Who reads what a refund provider tells by itself; None where it tells nothing."""
        from porchlight.refunds.registry import news_connector

        return news_connector(provider)

    def _refund_kit(self, brand: "BrandConfig") -> "RefundKit":
        from porchlight.refunds.kit import RefundKit

        return RefundKit(self.secrets, self.orders, lambda: self.caller, self._refund_url(brand))

    def _refund_url(self, brand: "BrandConfig") -> str:
        """For brands that name no address of their own."""
        from porchlight.adapters.parameters import parameter

        if brand.refunds.url is not None:
            return ""
        return parameter(f"/porchlight/{self.settings.stage}/refund-url").removeprefix("none")


app = App()

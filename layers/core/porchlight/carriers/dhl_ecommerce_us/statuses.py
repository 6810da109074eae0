"""DHL eCommerce's event ids, which are also the raw statuses of service ``ecommerce`` in DHL Unified.

The hundreds tell the leg: 1xx collection, 2xx acceptance, 3xx to 4xx the way there with customs, 5xx delivery (much of
it by a partner such as USPS), 6xx its end, 7xx undeliverable, 8xx the way back. What a partner "accepts" in the
middle of the way is transit. A failed delivery of a return is still a return on its way, with its reason.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R
from porchlight.domain.milestones import Signal

CODES = table(
    (M.PRE_TRANSIT, None, "99 109 128 129 132 150 235 238 445"),
    (M.ACCEPTED, None, "100 115 116 130 200 211 229"),
    (
        M.IN_TRANSIT,
        None,
        "50 51 104 106 110 113 114 120 125 155 156 162 220 241 242 300 350 359 360 361 365 371 399 400 401 402 431 "
        "441 442 447 449 451 452 454 456 461 462 463 464 468 470 472 473 477 478 479 480 481 482 483 494 499 501 "
        "502 504 505 509 510 511 515 517 518 520 521 523 524 525 526 528 529 530 531 532 533 534 535 536 537 538 "
        "539 540 541 542 543 545 547 548 549 557 561 562 566 567 568 575 576 577 579 637",
    ),
    (M.OUT_FOR_DELIVERY, None, "544 580 597 598"),
    (M.AVAILABLE_FOR_PICKUP, None, "469 522 560 565 570 585 599 601"),
    (M.DELIVERY_ATTEMPTED, None, "563 571 583 595 596 615 629 638 639"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "550 551 552 554 556 613"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "553"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "605 614"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "555 564 612"),
    (M.DELIVERED, None, "572 589 590 600 606 607 621 642 652 653 654 655 656 657 658 659"),
    (M.DELAYED, None, "581 616"),
    (M.DELAYED, R.CONSIGNEE_ABSENT, "594"),
    (M.DELAYED, R.CONSIGNEE_REQUEST, "609"),
    (M.DELAYED, R.CUSTOMS, "508"),
    (M.DELAYED, R.MISROUTED, "546 640 641 670 671"),
    (M.DELAYED, R.NETWORK, "450 592 593 651 665"),
    (M.DELAYED, R.NOT_DISPATCHED, "135"),
    (M.EXCEPTION, None, "312 573 625 626 809"),
    (M.EXCEPTION, R.ADDRESS, "630 631 633 650 683 689 691 700 710 740 750"),
    (M.EXCEPTION, R.ADDRESS, P.CONSIGNEE, "632 686 720 730"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "608 610 611 619"),
    (M.EXCEPTION, R.CUSTOMS, "443 448 453 506 507"),
    (M.EXCEPTION, R.CUSTOMS, P.CONSIGNEE, "240 503 588"),
    (M.EXCEPTION, R.LABEL, "513"),
    (M.EXCEPTION, R.NETWORK, "644 680 690 699"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "134"),
    (M.EXCEPTION, R.NOT_DISPATCHED, P.CONSIGNEE, "627"),
    (M.EXCEPTION, R.OTHER, "636 780 825"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "770 844"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "358"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "693 760"),
    (M.EXCEPTION, R.SECURITY, P.RETAILER, "107"),
    (M.DAMAGED, R.DAMAGE, "620 623"),
    (
        M.RETURN_IN_TRANSIT,
        None,
        "602 603 628 800 805 806 808 810 811 813 815 816 817 818 820 821 853 854 855 856 857 858 859 862",
    ),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "880 885"),
    (M.RETURN_IN_TRANSIT, R.NETWORK, "802 849"),
    (M.RETURN_IN_TRANSIT, R.OTHER, "882"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.RETAILER, "604 881 883 884 886"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "804"),
    (M.RETURN_IN_TRANSIT, R.PREMISES_CLOSED, P.RETAILER, "887"),
    (M.RETURN_IN_TRANSIT, R.SECURITY, P.RETAILER, "108"),
    (M.RETURNED_TO_SENDER, None, "860 863 864"),
    (M.CANCELLED, None, "101"),
    (M.UNKNOWN, None, "161 163 164 313 574 582 591 617 618 624 807 867 868 869 870 871 872"),
)
CODES["558"] = Reading(M.OUT_FOR_DELIVERY, signal=Signal.DRIVER_NEARBY)
"""The recipient is the next stop."""


@kept
def reading(code: str, text: str = "") -> Reading:
    """What an event id means, or the words that come with one that is in no table."""
    return CODES.get(code) or said(text) or UNRECOGNISED

import time
from tests.e2e.world import World
from porchlight.domain.messages import Moment

def test_probe(world: World) -> None:
    t=time.monotonic()
    def lap(what):
        nonlocal t
        print(what, round(time.monotonic()-t,2)); t=time.monotonic()
    o = world.order()
    world.place(o); lap('place')
    world.await_message(o, Moment.ORDER_CONFIRMED); lap('confirmed')
    world.ship(o); lap('ship')
    world.scan(o, 'accepted'); lap('scan')
    world.await_message(o, Moment.SHIPPED); lap('shipped')
    lap('-'); print(world.log_size()); lap('log_size')
    print(len(list(world.logs()))); lap('logs')
    world.quiet(); lap('quiet')
    for l in list(world.logs())[:12]: print(l)
    print(world.troubles())
    o = world.delivered(via='usps'); lap('delivered')
    o = world.delivered(via='usps'); lap('delivered again')
    print([ (e.subject) for e in world.emails(o)]); lap('emails')
    print(world.counted('Messages', channel='email', outcome='sent')); lap('counted')
    print(world.page(o)[:300]); lap('page')
    print(len(world.page(o))); lap('page')
    print(world.alarm('MessageFailed'))
    rid = world.returned(o); lap('return')
    print(world.await_return(o, rid, 'approved')); lap('approved')
    world.travel(minutes=2); lap('travel')
    time.sleep(3)
    for a in world.alarms: 
        s = world.alarm(a)
        if s!='OK': print(a, s)

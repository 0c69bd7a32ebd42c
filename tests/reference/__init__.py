"""A slow, plain Python engine, written from docs/semantics.md alone, that others are compared with.

`engine.run(tapes, instruments, strategy, options)` replays EVENT arrays and returns the order log, fills, order
records and equity samples field by field as include/lumina/types.hpp names them. `tapes` and `tapes_l3` make random
legal tapes, `worlds` whole runs, `strategies` a strategy that does everything, `scenarios` one small hand-worked case a
rule, for any engine. `exchange` is the recorded exchange of an L2 tape, `exchange_l3` what differs order by order.

What was decided where the text leaves room, so that a difference can be settled:

Book, queue, prints
- With nothing displayed on a side no level of it counts as shown. Displayed is the best `depth_limit` levels of a
  side (all where it is 0), for `front`, takers, crossings and "worst displayed" alike; a level is out of the window
  when `depth_limit` strictly better levels stand. The strategy's depth is not cut.
- Two kinds of frozen order: "unknown" (never shown, or left the window), judged again at each event's end; "held"
  (snapshot, gap, clear), which waits for a row that leaves quantity or a snapshot's end. A snapshot or gap turns
  every order into a held one; while a snapshot is open nothing is judged, its end judges all. An order
  behind frozen own ones takes their kind (held wins).
- After a clear, as in a snapshot, no row of the side runs the queue model (F5 names those that empty a level): one that
  leaves quantity gives min(front, displayed). "Empties" needs something before: a row of 0 at an absent level
  does not freeze.
- The event's end is: crossings (buys first, then sells), window judgement, last valid mid. An event returns to
  continuous trading when it began outside and ended inside. One fill row an order and crossing level.
- `p` uses max(back, 0); 0/0 is 0.
- `level_lots` and the queue of an order whose level is not shown: 0 and inf.

Arrivals
- Checks in order: end of data; unknown order or too late; not continuous (any replace, shrinking ones too); closed
  by reduction; priority kept; post-only; self-trade "reject". An id never sent ends with the last tape.
- What we took from a level came from its head: recorded lots before an own order are min(ceil(front), displayed)
  less taken. An own order whose front is unknown is met after what is displayed at its price. An own order beyond
  the displayed levels is still met (SELF_MATCH before BEYOND_BOOK).
- A post-only order that would meet an own order is rejected as POST_ONLY under every self-trade policy.
- cancel_both reports the resting order first. A REDUCED close takes the asked price and total as last accepted.
- Rejections leave close_ts_ns 0; ack_ts_ns is 0 for what was rejected.

Impact
- At one instant all grids come first (by instrument), then all rows. After a push at a grid instant the next grid is
  one step later. A tape's grid ends with its data.
- J decays to the arrival before it is pushed. Before a valid mid J is pushed, the shift is 0 and nothing charged.
- A shift that changes fills everything at or through, in continuous trading, up to displayed less taken.
- BBO callbacks compare recorded touches; a shift alone wakes nobody. Last valid mid in the strategy's view: the
  recorded one + the view's shift.

Clock
- One instant: grids, rows, then rounds of {arrivals, feed, reports, timers, sends, risk rejects} until a round does
  nothing; then tapes that end there (orders by id), then rounds again. A later arrival at that same instant is
  after the end. All sends due in a round are checked before the first reject of the round is delivered.
- STOP has the last local time. A tape is marked until the end of the run.
- The equity grid is strictly between first and last exchange time; the last sample is at the last, once.

Risk and log
- An order counts in risk from its sending (not while tick-to-trade delays it). A replace is checked by what would be
  open after it (new total less the fills seen); one that closes the order, or whose order the strategy knows to be
  closed, is passed on. The position check looks at the order's own side, so what reduces a position is allowed. A
  market order without an opposite touch has no notional to check.
- A risk reject of a replace carries the order as the strategy knows it; exchange rejects as the exchange does.
- Funding is paid on the size of the position, signed like the position, for inverse contracts too; none is due
  before a valid mid.
- `liquidation_units` = V(touch + shift, position) - V(recorded mark, position), None without a touch.

L3: tapes with rows add, reduce, cancel or execute
- Exchange rows of every kind are numbered in file order from 1; an add's stamp is its own number, reduce, cancel and
  execute carry that of their order, change and bbo 0. Ours gets the number of the next row not yet applied, at
  acceptance and at a replace that loses priority. Stamps of local-only rows are not read.
- No queue model, no `cum`, no COUNTED. At its recorded price a row that takes lots takes them from the front of every
  order of ours that arrived after its stamp; then every front there is clamped to [0, what the level holds], after
  rows that add or change nothing too, and is at least that of ours before it. After a shift the same rows of the new
  level do the same.
- Without a depth limit every level counts as shown (absent: front 0, level_lots 0), and snapshot, gap and clear are
  markers only. With one F5 holds as on L2: a covered row, or one at a frozen order's level, gives min(front, level)
  whatever its stamp; so an execute row neither fills nor moves a frozen order at its price and thaws it all the same. A
  clear that empties a level order by order leaves the front that its last order but one left.
- An execute row is one trade of its lots, before its own change: own orders better than its price (frozen ones too), by
  price, then arrival; then own orders at it that are not frozen and whose number is at most the stamp, by arrival.
  Outside continuous trading it fills nothing and takes from no front. A trade row fills through our price only.
- Quotes of an event (F7): each of its adds, with what is left of it at the end; and for each level one of stamp 0, the
  net change by its rows of stamp 0. Both at most what the level shows untaken, best price first, then by stamp. One
  fill row an own order and quote; on the return to continuous trading and after a shift one an own order and level.
- Taken lots are those of recorded orders: from the level's queue in the order of stamps, each giving what is left of it
  less what we have of it; a crossing quote gives from its own order. They shrink with the order and go with it. What a
  level holds beyond the orders known is one order of stamp 0 at the head, whose taken lots any row of stamp 0 that
  changes the level forgets. Lots before an own order: min(ceil(front), displayed) less all that is taken there.
- A recorded order that we took trades on as recorded.
- A cancel row ends its order whatever it takes. A change row that takes more than the order of stamp 0 holds leaves the
  others as they are, so that a level may hold less than they add up to: nothing is untaken below 0.
- The strategy sees an execute row as a TRADE (side = aggressor), then a LEVEL. A LEVEL has the kind of a row
  of an order in `value`, 0 for change and bbo.
"""

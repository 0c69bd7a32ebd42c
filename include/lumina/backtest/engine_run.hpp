// What a run of the engine is made from, and the run as those see it who start it and read what it leaves.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lumina/backtest/latency_model.hpp"
#include "lumina/backtest/ledger.hpp"
#include "lumina/backtest/orders.hpp"
#include "lumina/backtest/queue_model.hpp"
#include "lumina/backtest/responses.hpp"
#include "lumina/contract_value.hpp"
#include "lumina/risk.hpp"
#include "lumina/strategy/abi.h"
#include "lumina/types.hpp"

namespace lumina {

struct RequestLatency {
  LatencyModel submit, cancel, replace;

  LatencyModel& of(RequestKind kind) noexcept {
    return kind == RequestKind::submit ? submit : kind == RequestKind::cancel ? cancel : replace;
  }
};

struct EngineOptions {
  LatencyModel feed;  // added to the tape's own latency
  RequestLatency tick_to_trade, entry;
  ResponseLatency response;
  SelfTrade self_trade = SelfTrade::cancel_newest;
};

// One traded instrument: where its market comes from, and everything that depends on the instrument.
template <class Source>
struct InstrumentSetup {
  Source source;
  lumina_instrument info;
  ContractValue contract;
  QueueModel queue;
  LedgerOptions ledger;
  RiskLimits risk;
};

// A run as those see it who start it and read what it leaves; called a few times a second.
class EngineRun {
 public:
  virtual ~EngineRun() = default;

  // Goes on for about slice_ns of wall time. Returns true at the end of the run; the results stand then.
  virtual bool run(std::int64_t slice_ns) = 0;
  // Ends the run where it stands: what is there is kept and marked.
  virtual void interrupt() = 0;

  virtual std::int32_t error() const noexcept = 0;
  virtual const char* error_message() const noexcept = 0;
  virtual bool overflow() const noexcept = 0;
  // Rows replayed or made so far, of the view that is further.
  virtual std::size_t rows_done() const noexcept = 0;
  // Exchange time reached, of the market that is furthest behind.
  virtual std::int64_t reached_ts_ns() const noexcept = 0;

  virtual const RunLog& log() const noexcept = 0;
  virtual const OrderStore& orders() const noexcept = 0;
  virtual const Ledger& ledger(std::size_t i) const noexcept = 0;
  virtual std::uint32_t orders_at_end(std::size_t i) const noexcept = 0;
  // The others' best level, as the exchange has it and as the strategy saw it; 0 lots where there is none.
  virtual lumina_level exchange_touch(std::size_t i, Side side) const noexcept = 0;
  virtual lumina_level local_touch(std::size_t i, Side side) const noexcept = 0;
  // Of the instrument: while the run goes on, any thread may kill it, set its limits and read its counters.
  virtual RiskGate& gate(std::size_t i) noexcept = 0;
};

}  // namespace lumina

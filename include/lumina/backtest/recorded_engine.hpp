// The backtest over recorded tapes.
#pragma once

#include "lumina/backtest/engine.hpp"
#include "lumina/backtest/feed_view.hpp"
#include "lumina/backtest/recorded_exchange.hpp"

namespace lumina {

using RecordedEngine = BasicEngine<RecordedExchange, FeedView, TapeView>;

}  // namespace lumina

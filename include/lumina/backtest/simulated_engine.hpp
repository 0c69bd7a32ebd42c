// The backtest in embedded markets that react.
#pragma once

#include "lumina/backtest/engine.hpp"
#include "lumina/backtest/simulated_exchange.hpp"
#include "lumina/backtest/simulated_feed.hpp"

namespace lumina {

using SimulatedEngine = BasicEngine<SimulatedExchange, SimulatedFeed, MarketSource>;

}  // namespace lumina

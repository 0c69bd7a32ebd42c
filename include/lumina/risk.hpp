// Pre-trade risk; docs of each part in its header.
#pragma once

#include "lumina/risk/day_pnl.hpp"         // IWYU pragma: export
#include "lumina/risk/gate.hpp"            // IWYU pragma: export
#include "lumina/risk/limits.hpp"          // IWYU pragma: export
#include "lumina/risk/message_window.hpp"  // IWYU pragma: export
#include "lumina/risk/own_orders.hpp"      // IWYU pragma: export
#include "lumina/risk/recent_orders.hpp"   // IWYU pragma: export

// The tables of the queue models, and their bounds under random rows.
#undef NDEBUG
#include <cassert>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "lumina/backtest/queue_model.hpp"

using lumina::QueueModel;
using lumina::QueueModelKind;

namespace {

bool near(double a, double b) { return std::fabs(a - b) < 1e-10; }

void tables() {
  const QueueModel log(QueueModelKind::log, 1), one(QueueModelKind::power, 1), two(QueueModelKind::power, 2),
      three(QueueModelKind::power, 3), fractional(QueueModelKind::power3, 2.5);
  assert(near(log.after_depth(30, 100, 90, 0), 25.5383451459) && near(log.after_depth(30, 100, 80, 5), 23.3075177188));
  assert(near(one.after_depth(30, 100, 90, 0), 27) && near(one.after_depth(30, 100, 80, 5), 25.5));
  assert(near(two.after_depth(30, 100, 90, 0), 28.4482758621) && near(two.after_depth(30, 100, 80, 5), 27.6724137931));
  assert(near(three.after_depth(30, 100, 90, 0), 29.2702702703) &&
         near(three.after_depth(30, 100, 80, 5), 28.9054054054));
  assert(near(fractional.after_depth(30, 100, 90, 0), 30 - 10 * std::pow(.3, 2.5)));
  assert(QueueModel().kind() == QueueModelKind::power3);
  assert(near(QueueModel().after_depth(30, 100, 90, 0), 30 - 10 * .027));
}

void bounds(QueueModelKind kind, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> share(0, 1.1);
  for (const double n : {0.3, 1.0, 3.0, 7.7, 200.0}) {
    for (const bool exact_back : {false, true}) {
      const QueueModel model(kind, n, 0.01, exact_back);
      for (int i = 0; i < 20000; ++i) {
        const double prev = random() % 1000, next = random() % 1000, cum = random() % 3 ? 0 : random() % 1000;
        const double front = share(random) * prev;
        const double after = model.after_depth(front, prev, next, cum);
        assert(after >= 0 && after <= next && after <= front);
        const double traded = model.after_trade(front, cum, prev);
        assert(traded >= 0 && traded <= prev && traded <= front);
      }
    }
  }
}

void refuses(QueueModelKind kind, double n, double unit) {
  bool thrown = false;
  try {
    QueueModel(kind, n, unit);
  } catch (const std::invalid_argument&) {
    thrown = true;
  }
  assert(thrown);
}

}  // namespace

int main() {
  tables();
  for (unsigned k = 0; k <= 5; ++k) bounds(static_cast<QueueModelKind>(k), k);
  refuses(static_cast<QueueModelKind>(6), 3, 1);
  refuses(QueueModelKind::power, 0, 1);
  refuses(QueueModelKind::power, std::numeric_limits<double>::quiet_NaN(), 1);
  refuses(QueueModelKind::log, 3, 0);
  return 0;
}

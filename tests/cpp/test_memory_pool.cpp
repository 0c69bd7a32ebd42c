// The pool: every live index is its own, freed slots come back, tags end with their slot, copies are apart.
#undef NDEBUG
#include <cassert>
#include <random>
#include <unordered_map>
#include <vector>

#include "lumina/memory_pool.hpp"
#include "lumina/record_pool.hpp"

namespace {

struct Slot {
  std::uint64_t value;
  std::uint32_t next;
  std::uint32_t generation;
};
using Pool = lumina::MemoryPool<Slot>;

void against_a_map() {
  Pool pool;
  std::unordered_map<Pool::Index, std::uint64_t> want;
  std::vector<Pool::Index> live;
  std::mt19937_64 random(1);
  std::size_t most = 0;
  for (int i = 0; i < 300000; ++i) {
    if (live.empty() || random() % 1000 < 503) {
      const Pool::Index index = pool.allocate();
      assert(index != Pool::kNull && !want.contains(index) && pool.alive(index));
      pool[index].value = want[index] = random();
      live.push_back(index);
    } else {
      const std::size_t at = random() % live.size();
      const Pool::Index index = live[at];
      assert(pool[index].value == want.at(index));
      pool.release(index);
      assert(!pool.alive(index));
      want.erase(index);
      live[at] = live.back();
      live.pop_back();
    }
    most = std::max(most, live.size());
    assert(pool.size() == live.size() && pool.end() == most + 1);  // no more slots than were ever live
  }
  for (const auto& [index, value] : want) assert(pool[index].value == value);
}

void tags() {
  Pool pool(2);
  const Pool::Index index = pool.allocate();
  const Pool::Tag tag = pool.tag(index);
  assert(pool.find(tag) == &pool[index] && pool.find(Pool::Tag{}) == nullptr && pool.find({77, 1}) == nullptr);
  pool.release(index);
  assert(pool.find(tag) == nullptr);
  assert(pool.peek() == &pool[index] && pool.allocate() == index && pool.find(tag) == nullptr);
  const Pool::Tag again = pool.tag(index);
  pool.renew(index);
  assert(pool.find(again) == nullptr && pool.alive(index));
}

// Of all tags that were ever taken only those of the slots as they are now find them.
void no_tag_comes_back() {
  Pool pool;
  std::vector<Pool::Tag> ended;
  std::vector<Pool::Tag> live;
  std::mt19937_64 random(2);
  for (int i = 0; i < 4000; ++i) {
    const std::size_t at = live.empty() ? 0 : random() % live.size();
    if (live.empty() || (live.size() < 5 && random() % 2)) {
      live.push_back(pool.tag(pool.allocate()));
    } else if (ended.push_back(live[at]); random() % 2) {
      pool.renew(live[at].index);
      live[at] = pool.tag(live[at].index);
    } else {
      pool.release(live[at].index);
      live[at] = live.back();
      live.pop_back();
    }
    assert(pool.size() == live.size());
    for (const Pool::Tag tag : live) assert(pool.find(tag) == &pool[tag.index]);
    for (const Pool::Tag tag : ended) assert(pool.find(tag) == nullptr);
  }
}

// Large enough for memory of its own from the kernel.
void copies() {
  Pool pool;
  for (std::uint64_t i = 1; i <= 300000; ++i) pool[pool.allocate()].value = i;
  Pool copy = pool;
  pool[5].value = 0;
  copy.release(6);
  assert(copy[5].value == 5 && pool.alive(6) && copy.size() + 1 == pool.size());
  copy = pool;
  assert(copy[5].value == 0 && copy[300000].value == 300000);
  const std::size_t room = copy.capacity();
  for (std::size_t i = copy.size(); i < room; ++i) copy.allocate();
  assert(copy.capacity() == room && copy.allocate() == room + 1 && copy[300000].value == 300000);
}

// So many and no more, one beside the other, large enough for memory from the kernel.
void records() {
  constexpr std::size_t kCount = 100000, kSize = 24;
  lumina::RecordPool pool(kCount, kSize);
  std::vector<lumina::RecordPool::Handle> handles;
  while (const auto handle = pool.acquire()) {
    *static_cast<std::uint64_t*>(pool.find(handle)) = handles.size();
    handles.push_back(handle);
  }
  assert(handles.size() == kCount && pool.size() == kCount && pool.capacity() == kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    assert(pool.find(handles[i]) == pool.data() + pool.row(handles[i]) * kSize && pool.row(handles[i]) < kCount);
    assert(*static_cast<std::uint64_t*>(pool.find(handles[i])) == i);
  }
  assert(pool.release(handles[7]) && !pool.release(handles[7]) && pool.find(handles[7]) == nullptr);
  const auto again = pool.acquire();
  assert(again != handles[7] && pool.row(again) == pool.row(handles[7]) && pool.acquire() == pool.kNone);
  for (const std::uint64_t none : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{3} << 32})
    assert(!pool.alive(none) && !pool.release(none));
  for (const auto& [capacity, size] : {std::pair{std::size_t{0}, kSize}, {kCount, std::size_t{0}}}) {
    bool refused = false;
    try {
      lumina::RecordPool none(capacity, size);
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    assert(refused);
  }
}

}  // namespace

int main() {
  against_a_map();
  tags();
  no_tag_comes_back();
  copies();
  records();
}

// CPU sets, discovery in made-up trees of /proc and /sys, the choice of cores, and pinning on this machine.
#undef NDEBUG
#include <unistd.h>

#include <cassert>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "lumina/platform/affinity.hpp"
#include "lumina/platform/memory.hpp"
#include "lumina/platform/scheduling.hpp"

using lumina::CpuSet;
using lumina::Topology;

namespace {

// A folder with these files, gone at the end.
class Tree {
 public:
  explicit Tree(const std::map<std::string, std::string>& files) {
    char name[] = "/tmp/lumina-tree-XXXXXX";
    assert(mkdtemp(name));
    root_ = name;
    for (const auto& [path, text] : files) {
      const std::filesystem::path file = std::filesystem::path(root_) / path;
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file) << text << "\n";
    }
  }
  ~Tree() { std::filesystem::remove_all(root_); }
  const std::string& root() const { return root_; }
  Topology discover() const { return lumina::discover_topology(root_); }

 private:
  std::string root_;
};

void sets() {
  const CpuSet set = *CpuSet::parse("1-3,5,64-66,8191");
  assert(set.size() == 8 && set.contains(2) && !set.contains(4) && set.contains(65) && set.contains(8191));
  assert(set.to_string() == "1-3,5,64-66,8191" && set.cpus().front() == 1);
  assert(CpuSet::parse("")->empty() && CpuSet::parse("0")->cpus() == std::vector<int>{0});
  for (const char* bad : {"(null)", "1-", "-1", "1,,2", "1,", "3-1", "8192", "1 2", "a", "1-2-3", "99999999999"}) {
    assert(!CpuSet::parse(bad));
  }
  assert((CpuSet{1, 2} & CpuSet{2, 3}) == CpuSet{2} && (CpuSet{1} | CpuSet{9}).size() == 2);
  assert((CpuSet{1, 2} - CpuSet{2}) == CpuSet{1} && (CpuSet{-1, 8192}).empty() && !CpuSet{}.contains(-1));
}

// Eight CPUs, four cores with siblings i and i + 4, caches {0, 1, 4, 5} and {2, 3, 6, 7} on a node each; 7 is off.
std::map<std::string, std::string> machine() {
  std::map<std::string, std::string> files = {
      {"proc/self/status", "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-6"},
      {"sys/devices/system/cpu/online", "0-6"},
      {"sys/devices/system/cpu/isolated", "1-3,5"},
      {"sys/devices/system/cpu/nohz_full", "(null)"},
      {"sys/devices/system/node/online", "0-1"},
      {"sys/devices/system/node/node0/cpulist", "0-1,4-5"},
      {"sys/devices/system/node/node1/cpulist", "2-3,6-7"},
  };
  for (int cpu = 0; cpu < 7; ++cpu) {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/";
    const int core = cpu % 4;
    files[folder + "topology/thread_siblings_list"] =
        core == 3 ? "3" : std::to_string(core) + "," + std::to_string(core + 4);
    files[folder + "cache/index0/level"] = "1";
    files[folder + "cache/index3/level"] = "3";
    files[folder + "cache/index3/shared_cpu_list"] = core < 2 ? "0-1,4-5" : "2-3,6";
  }
  return files;
}

void discovery() {
  const Topology found = Tree(machine()).discover();
  assert(found.online.to_string() == "0-6" && found.affinity == found.online && found.isolated.to_string() == "1-3,5");
  assert(found.nohz_full.empty() && found.cpuset_file.empty() && found.usable() == found.online && found.smt());
  assert(found.cpus.size() == 7 && found.find(7) == nullptr && found.find(6)->numa_node == 1);
  assert((found.find(4)->siblings == CpuSet{0, 4}) && (found.find(6)->shared_l3 == CpuSet{2, 3, 6}));

  // cgroup v2: this group does not have the controller, the one above it has
  auto files = machine();
  files["proc/self/cgroup"] = "0::/trading/engine/x";
  files["proc/self/mountinfo"] =
      "21 1 0:19 / /proc rw - proc proc rw\n30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw";
  files["sys/fs/cgroup/cpuset.cpus.effective"] = "0-6";
  files["sys/fs/cgroup/cpuset.cpus.isolated"] = "6";
  files["sys/fs/cgroup/trading/cpuset.cpus.effective"] = "2-6";
  files["sys/fs/cgroup/trading/engine/cpuset.cpus.effective"] = "2-3,6-7";
  const Topology v2 = Tree(files).discover();
  assert(v2.usable().to_string() == "2-3,6" && v2.isolated.to_string() == "1-3,5-6");
  assert(v2.cpuset_file == "/sys/fs/cgroup/trading/engine/cpuset.cpus.effective");

  // cgroup v1 in a container: the mount shows its part of the tree
  files = machine();
  files["proc/self/cgroup"] = "4:cpuset,cpu:/docker/abc\n1:name=systemd:/docker/abc\n0::/";
  files["proc/self/mountinfo"] =
      "31 25 0:27 /docker/abc /cg/mem rw - cgroup cgroup rw,memory\n"
      "32 25 0:28 /docker/abc /cg/cpuset rw - cgroup cgroup rw,cpuset,cpu\n"
      "33 25 0:29 / /cg/unified rw - cgroup2 cgroup2 rw";
  files["cg/cpuset/cpuset.cpus"] = "0-7";
  files["cg/cpuset/cpuset.effective_cpus"] = "1,4";
  const Topology v1 = Tree(files).discover();
  assert(v1.usable().to_string() == "1,4" && v1.cpuset_file == "/cg/cpuset/cpuset.effective_cpus");

  const Topology nothing = lumina::discover_topology("/nonexistent");
  assert(nothing.online.empty() && nothing.cpus.empty() && nothing.usable().empty() && !nothing.smt());
}

void choice() {
  const Topology found = Tree(machine()).discover();
  using Cores = std::vector<int>;
  // isolated, behind one cache, on cores of their own: 2 and 3, not 1 and 2
  const auto two = lumina::choose_cores(found, 2);
  assert((two.cores == Cores{2, 3}) && two.isolated == 2 && two.shared == 0 && two.l3_groups == 1);
  assert(two.keep_idle == CpuSet{6});
  assert((lumina::choose_cores(found, 3).cores == Cores{1, 2, 3}));
  // a core of its own comes before isolation: 0, not 5 beside 1
  const auto four = lumina::choose_cores(found, 4);
  assert((four.cores == Cores{1, 2, 3, 0}) && four.isolated == 3 && four.shared == 0 && four.l3_groups == 2);
  const auto five = lumina::choose_cores(found, 5);
  assert((five.cores == Cores{1, 2, 3, 0, 5}) && five.isolated == 4 && five.shared == 2);
  const auto all = lumina::choose_cores(found, 20);
  assert(all.cores.size() == 7 && all.shared == 6 && all.keep_idle.empty());
  assert((lumina::choose_cores(found, 1, 0).cores == Cores{1}));
  // 5 is beside a core that is in use
  assert((lumina::choose_cores(found, 1, 0, CpuSet{1}).cores == Cores{0}));
  assert(lumina::choose_cores(found, 0).cores.empty() && lumina::choose_cores(found, 2, 9).cores.empty());
}

void pinning() {
  const Topology here = lumina::discover_topology();
  assert(!here.usable().empty());
  for (const int core : here.usable().cpus()) {
    const lumina::PinReport report = lumina::pin_thread_to_core(core);
    assert(report && report.running_on == core && sched_getcpu() == core);
    assert(report.message() == "pinned to core " + std::to_string(core));
    int seen = -1;
    lumina::PinnedThread thread(core, [&seen] { seen = sched_getcpu(); });
    thread.join();
    assert(seen == core && thread.report());
  }
  for (const int core : {-1, 8191, 8192, 1 << 30}) {
    const lumina::PinReport report = lumina::pin_thread_to_core(core);
    assert(!report && report.status == lumina::PinStatus::not_usable && report.usable == here.usable());
    assert(report.message() ==
           "core " + std::to_string(core) + " is not usable: it must be one of " + here.usable().to_string());
  }
  bool ran = false;
  lumina::PinnedThread stray(8191, [&ran] { ran = true; });
  stray.join();
  assert(ran && stray.report().status == lumina::PinStatus::not_usable);
}

void scheduling() {
  const Tree limited(
      {{"proc/sys/kernel/sched_rt_runtime_us", "950000"}, {"proc/sys/kernel/sched_rt_period_us", "1000000"}});
  lumina::RtThrottling throttling = lumina::rt_throttling(limited.root());
  assert(throttling.throttled() && throttling.stopped_us_per_second() == 50000);
  throttling.runtime_us = -1;
  assert(!throttling.throttled() && !lumina::rt_throttling("/nonexistent").known);
  assert(!lumina::set_fifo_priority(0) && !lumina::set_fifo_priority(100));
  const lumina::FifoReport fifo = lumina::set_fifo_priority(1);
  assert(fifo || fifo.error != 0);  // a container refuses it
  assert(!fifo.message().empty() && lumina::set_normal_scheduling() && sched_getscheduler(0) == SCHED_OTHER);
}

void memory() {
  lumina::PageBlock block(5 << 20);
  assert(block.size() == 6 << 20 && reinterpret_cast<std::uintptr_t>(block.data()) % lumina::kHugePage == 0);
  auto* const bytes = static_cast<unsigned char*>(block.data());
  for (std::size_t i = 0; i < block.size(); ++i) assert(bytes[i] == 0);
  bytes[block.size() - 1] = 7;
  lumina::prefault(bytes, block.size());
  assert(bytes[block.size() - 1] == 7);
  const lumina::PageBlock moved = std::move(block);
  assert(block.data() == nullptr && moved.data() == bytes);
  assert(lumina::PageBlock(0).data() == nullptr);
}

[[maybe_unused]] void locking() {
  const lumina::LockReport report = lumina::lock_memory();
  assert(report || report.error != 0);
  assert(!report || report.locked_bytes > 0);
  assert(!report.message().empty() && lumina::unlock_memory());
}

}  // namespace

int main() {
  sets();
  discovery();
  choice();
  pinning();
  scheduling();
  memory();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their shadow is mapped, and far too large
  locking();
#endif
}

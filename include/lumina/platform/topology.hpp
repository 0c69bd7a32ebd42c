// What this process may run on, and how the CPUs hang together: affinity mask, cgroup cpuset, isolated and tickless
// CPUs, SMT siblings, NUMA nodes, shared level-3 caches. Read from /proc and /sys below a root that tests can choose.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "lumina/platform/cpu_set.hpp"
#include "lumina/platform/files.hpp"

namespace lumina {

// A logical CPU that is online.
struct LogicalCpu {
  int id = 0;
  int numa_node = -1;  // -1: not known
  CpuSet siblings;     // hardware threads of its core, itself among them
  CpuSet shared_l3;    // CPUs behind the same level-3 cache, itself among them; itself alone where there is none
};

struct Topology {
  CpuSet online;
  CpuSet affinity;   // of this thread, now
  CpuSet cpuset;     // of its cgroup; all that are online where there is none
  CpuSet isolated;   // isolcpus=, or an isolated partition of cgroup v2: no load balancing
  CpuSet nohz_full;  // no timer tick while one thread runs
  std::vector<LogicalCpu> cpus;
  std::string cpuset_file;  // where `cpuset` was read; empty where there is none

  // What a thread can be pinned to: a thread may leave its affinity mask, but not its cpuset.
  CpuSet usable() const noexcept { return online & cpuset; }
  bool smt() const noexcept {
    for (const LogicalCpu& cpu : cpus) {
      if ((cpu.siblings & online).size() > 1) return true;
    }
    return false;
  }
  const LogicalCpu* find(int id) const noexcept {
    for (const LogicalCpu& cpu : cpus) {
      if (cpu.id == id) return &cpu;
    }
    return nullptr;
  }
};

namespace detail {

inline CpuSet read_cpus(const std::string& root, const std::string& path) {
  return CpuSet::parse(read_text(root, path)).value_or(CpuSet{});
}

// The value of `name:` in a status file of /proc.
inline std::string status_field(const std::string& text, std::string_view name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      const std::size_t value = line.find_first_not_of(" \t", name.size() + 1);
      return value == std::string::npos ? "" : line.substr(value);
    }
  }
  return {};
}

// /proc/thread-self is this thread's, /proc/self the process's first one's.
inline std::string thread_status(const std::string& root) {
  const std::string own = read_text(root, "proc/thread-self/status");
  return own.empty() ? read_text(root, "proc/self/status") : own;
}

// The folder of this process's cgroup in a hierarchy: that of the cpuset controller (v1), or the unified one (v2).
// Empty where it is not mounted. In a container the mount shows a part of the tree, which the path starts with.
struct CgroupFolders {
  std::string v1, v1_mount, v2, v2_mount;
};

inline bool has_word(std::string_view list, std::string_view word) {
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    if (list.substr(at, comma - at) == word) return true;
    at = comma + 1;
  }
  return false;
}

inline std::string below_mount(const std::string& mount, const std::string& shown, std::string path) {
  if (shown != "/" && (path + "/").starts_with(shown + "/")) path.erase(0, shown.size());
  if (path.starts_with("/..")) path.clear();  // outside what this namespace shows
  return mount + (path == "/" ? "" : path);
}

inline CgroupFolders cgroup_folders(const std::string& root) {
  std::string v1_path, v2_path;
  bool has_v1 = false, has_v2 = false;
  std::istringstream groups(read_text(root, "proc/self/cgroup"));
  for (std::string line; std::getline(groups, line);) {  // id:controllers:path
    const std::size_t one = line.find(':'), two = one == std::string::npos ? one : line.find(':', one + 1);
    if (two == std::string::npos) continue;
    const std::string controllers = line.substr(one + 1, two - one - 1);
    if (has_word(controllers, "cpuset")) {
      has_v1 = true;
      v1_path = line.substr(two + 1);
    } else if (controllers.empty()) {
      has_v2 = true;
      v2_path = line.substr(two + 1);
    }
  }
  CgroupFolders found;
  std::istringstream mounts(read_text(root, "proc/self/mountinfo"));
  for (std::string line; std::getline(mounts, line);) {
    // id parent major:minor root mount options [tags] - type source super-options
    std::istringstream words(line);
    std::string skip, shown, mount, type, source, options;
    words >> skip >> skip >> skip >> shown >> mount;
    while (words >> skip && skip != "-") {
    }
    words >> type >> source >> options;
    if (has_v1 && type == "cgroup" && has_word(options, "cpuset") && found.v1.empty()) {
      found.v1_mount = mount;
      found.v1 = below_mount(mount, shown, v1_path);
    } else if (has_v2 && type == "cgroup2" && found.v2.empty()) {
      found.v2_mount = mount;
      found.v2 = below_mount(mount, shown, v2_path);
    }
  }
  return found;
}

// The first of the files that says something, in the folder or the nearest one above it up to its mount.
inline CpuSet read_cpuset(const std::string& root, std::string folder, const std::string& mount,
                          std::initializer_list<const char*> names, std::string& file) {
  while (!folder.empty()) {
    for (const char* name : names) {
      const std::string path = folder + "/" + name;
      const std::string text = read_text(root, path);
      const std::optional<CpuSet> cpus = CpuSet::parse(text);
      if (text.empty() || !cpus) continue;
      file = path;
      return *cpus;
    }
    if (folder == mount) break;
    folder.resize(folder.rfind('/'));
  }
  return {};
}

}  // namespace detail

// Never throws for what is missing or unreadable: that part stays empty, or is as if the CPU stood alone.
inline Topology discover_topology(const std::string& root = "/") {
  const std::string cpus = "sys/devices/system/cpu/";
  Topology found;
  found.affinity =
      CpuSet::parse(detail::status_field(detail::thread_status(root), "Cpus_allowed_list")).value_or(CpuSet{});
  found.online = detail::read_cpus(root, cpus + "online");
  if (found.online.empty()) found.online = found.affinity;
  found.isolated = detail::read_cpus(root, cpus + "isolated");
  found.nohz_full = detail::read_cpus(root, cpus + "nohz_full");

  const detail::CgroupFolders groups = detail::cgroup_folders(root);
  found.cpuset = detail::read_cpuset(root, groups.v1, groups.v1_mount, {"cpuset.effective_cpus", "cpuset.cpus"},
                                     found.cpuset_file);
  if (found.cpuset_file.empty()) {
    found.cpuset = detail::read_cpuset(root, groups.v2, groups.v2_mount, {"cpuset.cpus.effective", "cpuset.cpus"},
                                       found.cpuset_file);
  }
  if (found.cpuset_file.empty()) found.cpuset = found.online;
  if (!groups.v2_mount.empty()) found.isolated |= detail::read_cpus(root, groups.v2_mount + "/cpuset.cpus.isolated");

  for (const int id : found.online.cpus()) {
    LogicalCpu cpu;
    cpu.id = id;
    const std::string folder = cpus + "cpu" + std::to_string(id) + "/";
    cpu.siblings = detail::read_cpus(root, folder + "topology/thread_siblings_list");
    for (int i = 0; i < 8 && cpu.shared_l3.empty(); ++i) {
      const std::string cache = folder + "cache/index" + std::to_string(i) + "/";
      if (read_text(root, cache + "level") == "3") cpu.shared_l3 = detail::read_cpus(root, cache + "shared_cpu_list");
    }
    cpu.siblings.insert(id);
    cpu.shared_l3.insert(id);
    found.cpus.push_back(cpu);
  }
  const std::string nodes = "sys/devices/system/node/";
  for (const int node : detail::read_cpus(root, nodes + "online").cpus()) {
    const CpuSet members = detail::read_cpus(root, nodes + "node" + std::to_string(node) + "/cpulist");
    for (LogicalCpu& cpu : found.cpus) {
      if (members.contains(cpu.id)) cpu.numa_node = node;
    }
  }
  return found;
}

}  // namespace lumina

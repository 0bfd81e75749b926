// The page's files, read once at the start: only what was found under the root then can be asked for, so no path
// leads out of it. Immutable after construction: any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dashboard-gateway/http/http.hpp"

namespace risk::gateway {

inline constexpr std::size_t kStaticBytesMax = 64 << 20;

class StaticFiles {
 public:
  // A root that does not exist gives no files. Throws std::runtime_error when a file cannot be read or all together
  // are larger than kStaticBytesMax.
  explicit StaticFiles(const std::string& root);

  bool empty() const { return files_.empty(); }

  // "/" gives index.html.
  HttpResponse respond(const HttpRequest& request) const;

 private:
  struct File {
    std::string content_type;
    std::string cache_control;
    std::shared_ptr<const std::string> content;
  };

  std::unordered_map<std::string, File> files_;  // by path from the root: "/assets/index-4f3a.js"
};

}  // namespace risk::gateway

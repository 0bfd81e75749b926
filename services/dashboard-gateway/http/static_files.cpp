#include "dashboard-gateway/http/static_files.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "risk/base/encoding.hpp"

namespace risk::gateway {
namespace {

namespace fs = std::filesystem;

std::string content_type_of(const fs::path& file) {
  static const std::unordered_map<std::string, std::string> kTypes{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".woff", "font/woff"},
      {".txt", "text/plain; charset=utf-8"},
  };
  const auto type = kTypes.find(file.extension().string());
  return type != kTypes.end() ? type->second : "application/octet-stream";
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  if (!in || !content) throw std::runtime_error("cannot read " + file.string());
  return content.str();
}

// Inline styles: the page's grid and charts write theirs into the document. 'self' covers the socket too.
constexpr char kContentSecurityPolicy[] =
    "default-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

StaticFiles::StaticFiles(const std::string& root) {
  if (!fs::is_directory(root)) return;
  std::size_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    const std::string path = "/" + entry.path().lexically_relative(root).generic_string();
    auto content = std::make_shared<const std::string>(read_file(entry.path()));
    bytes += content->size();
    if (bytes > kStaticBytesMax) throw std::runtime_error(root + ": more than 64 MiB of files, which is not the page");
    // The build puts a hash of the content into the name of everything under assets/.
    const bool hashed = path.starts_with("/assets/");
    files_[path] = {content_type_of(entry.path()), hashed ? "public, max-age=31536000, immutable" : "no-cache",
                    std::move(content)};
  }
}

HttpResponse StaticFiles::respond(const HttpRequest& request) const {
  if (empty()) return problem(404, "the page is not built here; the API is at /api/v1", request.path);
  const auto path = percent_decoded(request.path);
  const auto found = files_.find(!path ? "" : *path == "/" ? "/index.html" : *path);
  if (found == files_.end()) return problem(404, "there is no such file", request.path);

  const File& file = found->second;
  HttpResponse response;
  response.content_type = file.content_type;
  response.body = file.content;
  response.headers.emplace_back("Cache-Control", file.cache_control);
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  return response;
}

}  // namespace risk::gateway

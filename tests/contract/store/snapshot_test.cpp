// Snapshots of the core: whole or not there, byte by byte, and only as many as are wanted.
#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;
using Catch::Matchers::ContainsSubstring;

namespace {

SnapshotInfo write_pieces(Store& store, std::uint64_t apply_seq, const std::vector<std::string>& pieces) {
  SnapshotInfo info{apply_seq, "hash 'of' " + std::to_string(apply_seq), 0, 0, kNoon};
  for (const auto& piece : pieces) {
    store.write_snapshot_chunk(apply_seq, info.chunk_count++, piece);
    info.bytes += piece.size();
  }
  return info;
}

SnapshotInfo write_snapshot(Store& store, std::uint64_t apply_seq, const std::vector<std::string>& pieces,
                            std::size_t kept = 2) {
  const auto info = write_pieces(store, apply_seq, pieces);
  store.finish_snapshot(info, kept);
  return info;
}

using Infos = std::vector<SnapshotInfo>;

}  // namespace

TEMPLATE_TEST_CASE("a snapshot's pieces keep every byte, after reopening", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const std::vector<std::string> pieces{bytes, "", std::string(kSnapshotChunkBytesMax, '\0'), "\\x00'"};
  const auto info = write_snapshot(*f.store, 7, pieces);
  f.store = f.open();
  CHECK(f.store->snapshots() == Infos{info});
  CHECK(f.reader()->snapshots() == Infos{info});
  for (std::uint32_t i = 0; i < pieces.size(); ++i) CHECK((f.store->snapshot_chunk(7, i) == pieces[i]));
  CHECK_FALSE(f.store->snapshot_chunk(7, 4));
  CHECK_FALSE(f.store->snapshot_chunk(8, 0));
}

TEMPLATE_TEST_CASE("a snapshot that is not finished cannot be seen", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto whole = write_snapshot(*f.store, 7, {"a", "b"});
  write_pieces(*f.store, 9, {"c", "d"});
  CHECK(f.store->snapshots() == Infos{whole});
  CHECK_FALSE(f.store->snapshot_chunk(9, 0));
}

TEMPLATE_TEST_CASE("a snapshot with a piece missing, short or too many is not finished", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto whole = write_pieces(*f.store, 7, {"aa", "bb", "cc"});
  const auto refused = [&](auto change) {
    auto info = whole;
    change(info);
    CHECK_THROWS_AS(f.store->finish_snapshot(info, 2), StoreError);
    CHECK(f.store->snapshots().empty());
  };
  refused([](SnapshotInfo& info) { info.chunk_count = 4; });
  refused([](SnapshotInfo& info) { info.chunk_count = 2; });
  refused([](SnapshotInfo& info) { info.bytes = 7; });
  refused([](SnapshotInfo& info) { info.apply_seq = 8; });
  f.store->write_snapshot_chunk(8, 0, "aa");
  f.store->write_snapshot_chunk(8, 2, "cc");
  f.store->write_snapshot_chunk(8, 3, "dd");
  refused([](SnapshotInfo& info) { info.apply_seq = 8; });
  CHECK_THROWS_WITH(f.store->finish_snapshot({9, "", 1, 5, kNoon}, 2), ContainsSubstring("0 pieces of 1"));
  f.store->finish_snapshot(whole, 2);
  CHECK(f.store->snapshots() == Infos{whole});
}

TEMPLATE_TEST_CASE("a snapshot that its writer's death left behind is written over, whatever it was", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  write_pieces(*f.store, 7, {"old", "old", "old"});
  f.store = f.open();
  const auto info = write_snapshot(*f.store, 7, {"new", "er"});
  CHECK(f.store->snapshots() == Infos{info});
  CHECK(f.store->snapshot_chunk(7, 0) == "new");
  CHECK(f.store->snapshot_chunk(7, 1) == "er");
  CHECK_FALSE(f.store->snapshot_chunk(7, 2));
}

TEMPLATE_TEST_CASE("the newest snapshots are kept, older and abandoned ones go with their pieces", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  write_snapshot(*f.store, 1, {"a"});
  const auto second = write_snapshot(*f.store, 2, {"b"});
  write_pieces(*f.store, 3, {"abandoned"});
  write_pieces(*f.store, 9, {"under way"});
  const auto fourth = write_snapshot(*f.store, 4, {"d", "dd"});
  CHECK(f.store->snapshots() == Infos{fourth, second});
  CHECK_FALSE(f.store->snapshot_chunk(1, 0));
  CHECK(f.store->snapshot_chunk(2, 0) == "b");
  const auto pieces = f.backend->run_sql("SELECT apply_seq, number FROM engine_snapshot_chunks ORDER BY 1, 2");
  if (pieces) CHECK(*pieces == "2|0\n4|0\n4|1\n9|0\n");
  f.store->finish_snapshot({9, "", 1, 9, kNoon}, 1);
  CHECK(f.store->snapshots().size() == 1);
  CHECK(f.store->snapshot_chunk(9, 0) == "under way");
}

TEMPLATE_TEST_CASE("a snapshot that is finished is never changed", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto info = write_snapshot(*f.store, 7, {"a"});
  CHECK_THROWS_AS(f.store->write_snapshot_chunk(7, 0, "b"), StoreError);
  CHECK_THROWS_AS(f.store->finish_snapshot(info, 2), StoreError);
  CHECK_THROWS_AS(f.store->write_snapshot_chunk(8, 0, std::string(kSnapshotChunkBytesMax + 1, 'x')), StoreError);
  CHECK(f.store->snapshots() == Infos{info});
  CHECK(f.store->snapshot_chunk(7, 0) == "a");
}

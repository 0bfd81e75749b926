"""Each rule of the tree notices when it is broken, and leaves its innocent twin alone."""

import os
import shutil
import tempfile
import unittest

import rules

HEADER = "#pragma once\n"


class RuleTest(unittest.TestCase):
    def complaints(self, rule, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", newline="", encoding="utf-8") as file:
                    file.write(text)
            return [(path, line) for path, line, _ in rule(rules.Tree(root))]

    def breaks(self, rule, path, text, line=1, **others):
        self.assertIn((path, line), self.complaints(rule, {path: text, **others}))

    def keeps(self, rule, path, text, **others):
        self.assertEqual([], self.complaints(rule, {path: text, **others}))

    def test_a_library_that_includes_one_above_it(self):
        self.breaks(rules.library_includes, "libs/base/src/a.cpp", '\n#include "risk/engine/core.hpp"\n', 2)
        self.breaks(rules.library_includes, "libs/bus/src/a.cpp", '#include "risk/wire/codec.hpp"\n')
        self.keeps(rules.library_includes, "libs/wire/src/a.cpp", '#include "risk/engine/core.hpp"\n')

    def test_a_library_that_includes_a_service_or_climbs_out(self):
        self.breaks(rules.library_includes, "libs/settings/src/a.cpp", '#include "risk-engine/app.hpp"\n')
        self.breaks(rules.library_includes, "libs/base/src/a.cpp", '#include "../../engine/src/core.hpp"\n')

    def test_a_library_that_the_table_does_not_know(self):
        self.breaks(rules.library_includes, "libs/extra/src/a.cpp", "\n")

    def test_a_service_that_includes_another(self):
        self.breaks(rules.service_includes, "services/riskctl/main.cpp", '#include "risk-engine/app.hpp"\n')
        self.keeps(rules.service_includes, "services/riskctl/main.cpp", '#include "riskctl/app.hpp"\n#include "risk/base/id.hpp"\n')

    def test_a_service_that_looks_behind_the_log(self):
        for header in ("publisher", "subscriber", "journal", "replay", "message", "log"):
            with self.subTest(header):
                self.breaks(rules.log_seam, "services/riskctl/a.cpp", f'#include "risk/bus/{header}.hpp"\n')
        self.keeps(rules.log_seam, "services/riskctl/a.cpp", '#include "risk/bus/request.hpp"\n#include "risk/bus/curve.hpp"\n#include "risk/log/reader.hpp"\n')
        self.keeps(rules.log_seam, "libs/settings/src/a.cpp", '#include "risk/bus/log.hpp"\n')

    def test_a_vendor_header_in_a_header(self):
        self.breaks(rules.vendor_headers, "libs/store/src/a.hpp", "#include <pqxx/pqxx>\n")
        self.breaks(rules.vendor_headers, "libs/service/include/risk/service/a.hpp", "#include <spdlog/spdlog.h>\n")
        self.breaks(rules.vendor_headers, "services/dashboard-gateway/a.hpp", "#include <boost/beast.hpp>\n")
        self.keeps(rules.vendor_headers, "libs/store/src/a.cpp", "#include <pqxx/pqxx>\n")

    def test_generated_code_outside_wire(self):
        self.breaks(rules.generated_code, "services/simulator/a.cpp", '#include "risk/v1/alert.pb.h"\n')
        self.keeps(rules.generated_code, "libs/wire/src/a.cpp", '#include "risk/v1/alert.pb.h"\n')

    def test_a_source_that_nothing_builds(self):
        self.breaks(rules.dead_files, "tests/unit/base/a_test.cpp", "\n", **{"tests/unit/base/CMakeLists.txt": "risk_test(x SOURCES ba_test.cpp)\n"})
        shared = {"tests/support/a.cpp": "\n", "tests/mesh/CMakeLists.txt": "risk_test(x SOURCES ${CMAKE_SOURCE_DIR}/tests/support/a.cpp)\n"}
        self.assertEqual([], self.complaints(rules.dead_files, shared))
        built = {"libs/base/src/a.cpp": "\n", "libs/base/CMakeLists.txt": "risk_library(x SOURCES src/a.cpp)\n"}
        self.assertEqual([], self.complaints(rules.dead_files, built))

    def test_the_main_of_a_service_is_built_by_its_shape(self):
        files = {"services/riskctl/main.cpp": "\n", "services/riskctl/CMakeLists.txt": "risk_service(riskctl SOURCES app.cpp)\n"}
        self.assertEqual([], self.complaints(rules.dead_files, files))

    def test_a_test_folder_that_the_build_does_not_reach(self):
        lists = {"tests/CMakeLists.txt": "file(GLOB modules unit/*/CMakeLists.txt)\n", "tests/unit/a/CMakeLists.txt": "\n"}
        self.assertEqual([], self.complaints(rules.dead_files, lists))
        self.breaks(rules.dead_files, "tests/odd/a/CMakeLists.txt", "\n", **lists)

    def test_a_file_too_long(self):
        self.breaks(rules.long_files, "libs/base/src/a.cpp", "\n" * 501, 501)
        self.keeps(rules.long_files, "libs/base/src/a.cpp", "\n" * 500)

    def test_banned_calls(self):
        for call in ("sprintf(b, x);", "std::sprintf(b, x);", "strcpy(a, b);", "int x = rand();", "std::rand();", "srand(1);", 'system("ls");', "atoi(s);", "using namespace std;"):
            with self.subTest(call):
                self.breaks(rules.banned_calls, "libs/base/src/a.cpp", f"\n  {call}\n", 2)
        for call in ("snprintf(b, n, x);", "// sprintf(b, x)", '"system(x)"', "std::srandom_like();", "operand(1);", "file_system(x);", "core.system(x);"):
            with self.subTest(call):
                self.keeps(rules.banned_calls, "libs/base/src/a.cpp", f"  {call}\n")

    def test_a_test_that_sleeps(self):
        self.breaks(rules.banned_calls, "tests/unit/bus/a.cpp", "std::this_thread::sleep_for(1s);\n")
        self.breaks(rules.banned_calls, "tests/unit/bus/a.cpp", "/* a\n b */ usleep(5);\n", 2)
        self.keeps(rules.banned_calls, "libs/bus/src/a.cpp", "std::this_thread::sleep_for(1s);\n")

    def test_a_core_that_asks_a_clock_or_does_io(self):
        for call in ("std::chrono::steady_clock::now();", "time(nullptr);", 'getenv("X");', "std::cout << 1;", "std::mutex m;"):
            with self.subTest(call):
                self.breaks(rules.banned_calls, "libs/engine/src/a.cpp", call + "\n")
                self.keeps(rules.banned_calls, "libs/bus/src/a.cpp", call + "\n")
        self.keeps(rules.banned_calls, "libs/engine/src/a.cpp", "event_time(now); x.time();\n")

    def test_a_call_that_only_base_makes(self):
        for call in ("std::strerror(errno);", "strerror_r(errno, b, n);", "::rename(a, b);", "std::filesystem::rename(a, b);",
                     "flock(fd, LOCK_EX);", "int fd = ::open(p, f);", "::openat(d, p, f);"):
            with self.subTest(call):
                self.breaks(rules.banned_calls, "libs/bus/src/a.cpp", call + "\n")
                self.breaks(rules.banned_calls, "services/riskctl/a.cpp", call + "\n")
                self.keeps(rules.banned_calls, "libs/base/src/os.cpp", call + "\n")
                self.keeps(rules.banned_calls, "tests/unit/bus/a.cpp", call + "\n")
        for call in ("curl_easy_strerror(c);", "::gai_strerror(e);", "Segment::open(path);", "stream.open(path);", "rename_all(x);", "x.rename(y);", "// flock(2)"):
            with self.subTest(call):
                self.keeps(rules.banned_calls, "libs/bus/src/a.cpp", f"  {call}\n")

    def test_a_header_without_pragma_once(self):
        self.breaks(rules.pragma_once, "libs/base/include/risk/base/a.hpp", "\n")
        self.keeps(rules.pragma_once, "libs/base/include/risk/base/a.hpp", HEADER)

    def test_blanks_and_newlines(self):
        for text, line in (("a \n", 1), ("a\r\n", 1), ("a\n\n", 2), ("a", 0)):
            with self.subTest(text):
                self.breaks(rules.whitespace, "a.md", text, line)
        self.breaks(rules.whitespace, "a.cpp", "\tint x;\n")
        self.keeps(rules.whitespace, "Makefile", "a:\n\tb\n")

    def test_marks_and_machine_paths(self):
        self.breaks(rules.unfinished_marks, "a.cpp", "// TO" "DO later\n")
        self.keeps(rules.unfinished_marks, "a.cpp", 'currency("XXX");\n')
        self.breaks(rules.machine_paths, "a.sh", "cd /wo" "rk/tree\n")
        self.breaks(rules.machine_paths, "package-lock.json", '"resolved": "https://registry.npm' 'js.org/x"\n')
        self.keeps(rules.machine_paths, "a.sh", "cd build/work/tree\n")

    def test_a_variable_that_the_example_does_not_explain(self):
        self.breaks(rules.example_environment, "services/a/options.cpp", 'set.add({"k", "--f", {"NEW_NAME", "OLD_NAME"}, "help"});\n', **{".env.example": "#NEW_NAME=1\n"})
        files = {"services/a/options.cpp": '{"NEW_NAME"}, {"OPENED", "CLOSED"}\n', ".env.example": "#NEW_NAME=1\n"}
        self.assertEqual([], self.complaints(rules.example_environment, files))

    def test_a_setting_that_compose_does_not_hand_on(self):
        compose = {"docker-compose.yml": "environment:\n  OLD_NAME:\n"}
        self.breaks(rules.compose_environment, ".env.example", "#OLD_NAME=1\n#NEW_NAME=1\n", 2, **compose)
        self.keeps(rules.compose_environment, ".env.example", "#OLD_NAME=1\n#NEW_PATH=1\n", **compose)

    def test_a_hidden_test(self):
        self.breaks(rules.hidden_tests, "tests/unit/a.cpp", 'TEST_CASE("x", "[.slow]") {\n')
        self.keeps(rules.hidden_tests, "tests/unit/a.cpp", 'TEST_CASE("x", "[slow]") {\n')

    def test_a_name_that_ctest_cannot_pass_on(self):
        self.breaks(rules.test_names, "tests/unit/a.cpp", 'TEST_CASE("--help prints") {\n')
        self.keeps(rules.test_names, "tests/unit/a.cpp", 'TEST_CASE("The flag --help prints") {\n')

    def test_migrations_with_a_gap_or_for_one_database(self):
        both = lambda *names: {f"sql/{database}/{name}": "\n" for database in ("postgres", "sqlite") for name in names}
        self.assertEqual([], self.complaints(rules.migrations, both("0001_a.sql", "0002_b.sql")))
        self.assertIn(("sql/sqlite/0003_b.sql", 1), self.complaints(rules.migrations, both("0001_a.sql", "0003_b.sql")))
        self.assertIn(("sql/*/0002_b.sql", 1), self.complaints(rules.migrations, {**both("0001_a.sql"), "sql/sqlite/0002_b.sql": "\n"}))

    def test_a_folder_without_readme(self):
        self.assertEqual([("libs/base", 1)], self.complaints(rules.readmes, {"libs/base/src/a.cpp": "\n"}))
        self.assertEqual([("proto", 1), ("tests/mesh", 1)], self.complaints(rules.readmes, {"proto/risk/v1/a.proto": "\n", "tests/mesh/a.py": "\n"}))
        self.assertEqual([], self.complaints(rules.readmes, {"libs/base/src/a.cpp": "\n", "libs/base/README.md": "\n"}))

    def test_a_page_that_names_a_file_which_is_not_there(self):
        tree = {"libs/base/src/join.cpp": "\n", "sql/sqlite/0001_initial.sql": "\n"}
        for wrong in ("`libs/base/src/split.cpp`", "`libs/bus/`", "`split.cpp`", "`libs/base/split/<name>.cpp`", "`sql/*/0002_*.sql`",
                      "`vi libs/base/src/split.cpp`", "`join.hpp`", "[here](../libs/bus/README.md)"):
            with self.subTest(wrong):
                self.breaks(rules.document_paths, "docs/CHANGING.md", f"# A\n\nsee {wrong}, then\n", 3, **tree)
        for right in ("`libs/base/src/join.cpp`", "`libs/base/`", "`join.cpp`", "`libs/base/src/<name>.cpp`", "`sql/*/0001_*.sql`", "`/api/v1/alerts`",
                      "`http://localhost/a.md`", "`--flag=a.md`", "`build/dev/bin/x`", "`Core::verify()`", "`0.95`", "[here](../libs/base/src/join.cpp#L1)",
                      "[there](https://example.org/a.md)"):
            with self.subTest(right):
                self.keeps(rules.document_paths, "docs/CHANGING.md", f"see {right}\n", **tree)

    def test_a_fenced_block_of_a_page_is_no_prose(self):
        self.keeps(rules.document_paths, "docs/CHANGING.md", "```mermaid\nflowchart `no/such/file.cpp`\n```\n")
        self.breaks(rules.document_paths, "docs/CHANGING.md", "```sh\nls\n```\n`no/such/file.cpp`\n", 4)

    def test_a_script_that_does_not_parse_or_cannot_run(self):
        self.breaks(rules.shell_scripts, "a.sh", "#!/usr/bin/env bash\nif\n")

    @unittest.skipUnless(shutil.which("clang-format"), "no clang-format")
    def test_a_file_that_is_not_formatted(self):
        files = {".clang-format": "BasedOnStyle: Google\n", "a.cpp": "int  x ;\n"}
        try:
            self.assertEqual([("a.cpp", 1)], sorted(set(self.complaints(rules.formatted, files))))
        except rules.Skipped as reason:
            self.skipTest(str(reason))

    def judged(self, rule, files):
        try:
            return self.complaints(rule, files)
        except rules.Skipped as reason:
            self.skipTest(str(reason))

    def test_python_that_is_laid_out_otherwise(self):
        settings = {"setup.cfg": "[pycodestyle]\nmax-line-length = 20\nignore = E731\n"}
        self.assertEqual([("a.py", 1), ("a.py", 4)], self.judged(rules.python_layout, {**settings, "a.py": "x = 'longer than it may'\nf = lambda: 1\nif x:\n  f()\n"}))
        self.assertEqual([], self.judged(rules.python_layout, {**settings, "a.py": "x = 1\n"}))

    def test_a_mistake_in_a_shell_script(self):
        self.assertEqual([("a.sh", 2)], self.judged(rules.shell_mistakes, {"a.sh": "#!/usr/bin/env bash\nunused=1\n"}))
        self.assertEqual([], self.judged(rules.shell_mistakes, {"a.sh": "#!/usr/bin/env bash\necho ok\n"}))


if __name__ == "__main__":
    unittest.main()

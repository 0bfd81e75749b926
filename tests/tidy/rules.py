"""The rules of the tree, each a function from a Tree to the complaints it has: (path, line, text).

A rule's docstring is what a person reads when it is broken.
"""

import fnmatch
import os
import re
import shutil
import subprocess

# Which library may include which.
LIBRARIES = {
    "base": set(),
    "engine": {"base"},
    "wire": {"base", "engine"},
    "log": {"base"},
    "bus": {"base", "log"},
    "store": {"base", "engine"},
    "http": {"base"},
    "service": {"base", "http"},
    "ingest": {"base", "engine"},
    "settings": {"base", "engine", "ingest", "store", "log", "bus", "service"},
}
SERVICES = ("simulator", "drop-copy", "risk-engine", "alert-notifier", "dashboard-gateway", "riskctl")

BUS_FOR_SERVICES = {"risk/bus/request.hpp", "risk/bus/curve.hpp"}

VENDOR_ANYWHERE = re.compile(r"<(date/|quickfix/|pqxx/|libpq|zmq|boost/beast|boost/asio|curl/|sqlite3|lmdb)")
VENDOR_PUBLIC = re.compile(r"<(yaml-cpp/|CLI/|spdlog/|fmt/|prometheus/|nlohmann/|boost/|google/|sodium)")
GENERATED_READERS = ("libs/wire/", "tests/unit/wire/", "tests/bench/", "tests/fuzz/")

BANNED = {
    r"(?<![\w:])(?:std::)?v?sprintf\s*\(": "sprintf does not know its buffer's size",
    r"(?<!\w)str(?:cpy|cat|tok)\s*\(": "strcpy, strcat and strtok: use std::string or std::string_view",
    r"(?<!\w)s?rand\s*\(": "rand: randomness is an input; use a seeded engine of <random>",
    r"(?<![\w.>])(?:std::)?system\s*\(": "system() runs a shell",
    r"(?<!\w)ato[ifl]l?\s*\(": "atoi and its kin do not report errors: use std::from_chars",
    r"\busing\s+namespace\s+std\s*;": "using namespace std",
    r"\b(?:gets|tmpnam|mktemp)\s*\(": "unsafe by design",
}
BANNED_IN_TESTS = {
    r"\bsleep_(?:for|until)\s*\(|(?<!\w)u?sleep\s*\(": "a test waits for the thing itself, it does not sleep",
}
BANNED_IN_CORE = {
    r"\b(?:system|steady|high_resolution)_clock\b|(?<![\w.>:])(?:time|clock_gettime|gettimeofday)\s*\(": "the core never asks a clock",
    r"\bgetenv\s*\(|\b[io]?fstream\b|\bstd::c(?:out|err|in)\b|\bf?printf\s*\(": "the core does no I/O",
    r"\bstd::(?:thread|jthread|mutex|async)\b|\brandom_device\b": "the core has neither threads nor randomness",
}
# Each of these has one place that does it right: with the descriptor closed, the file synced and the errno told.
BASES_OWN = {
    r"(?<![\w:])(?:std::|::)?strerror(?:_r)?\s*\(": "strerror: use errno_text() of risk/base/os.hpp",
    r"(?<![\w.>:])(?:std::|::|(?:std::filesystem|std::fs|fs)::)?rename\s*\(": "rename: replace_file() of risk/base/os.hpp also syncs",
    r"(?<![\w.>:])(?:::)?flock\s*\(": "flock: use the lock file of risk/base/os.hpp",
    r"(?<![\w.>:])::open(?:at)?\s*\(": "::open: use the descriptors of risk/base/os.hpp",
}
MARKS = re.compile(r"\b(?:TODO|FIXME|HACK)\b|(?://|#|/\*).*\bXXX\b|[Nn]ot implemented|\bfor now\b")  # XXX alone is a currency
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/|/tmp/[a-z]|\b(?:registry\.npmjs\.org|deb\.debian\.org)\b")
HIDDEN_TEST = re.compile(r"TEST_CASE[^{]*\[(?:\.|!hide|!mayfail|!shouldfail)")

NO_MIGRATIONS = {"sql/postgres/roles.sql"}  # SQLite has no roles
NOT_HANDED_ON = re.compile(r"_(PASSWORD|ADDRESS|PORT|PATH|FILE|DIRECTORY|JOURNAL|POSITIONS|PRICES|REPLAY|SPEED|RESUME|COUNT|INPUT_FORMAT|SET)$"
                           r"|^SIMULATOR_(INSTRUMENTS|ADJUSTMENTS)$")
ENDINGS = "cpp|hpp|in|cmake|txt|md|sql|proto|py|sh|js|json|ts|svelte|css|html|yaml|yml|cfg|csv|supp"  # of what a page names as a file
FILE_LINES_MAX = 500
CLANG_FORMAT = 14  # what the tree is formatted with; others lay some lines out differently
SOURCE = (".cpp", ".hpp")


class Tree:
    """The files of a tree, as git would commit them."""

    def __init__(self, root):
        self.root = root
        self.files = sorted(set(self._list()))
        self._texts = {}

    def _list(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            names = subprocess.run(["git", "-C", self.root, "ls-files", "-coz", "--exclude-standard"], check=True, capture_output=True, text=True)
            return [name for name in names.stdout.split("\0") if name and os.path.isfile(os.path.join(self.root, name))]
        return [os.path.relpath(os.path.join(folder, name), self.root) for folder, _, names in os.walk(self.root) for name in names]

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), "rb") as file:
                data = file.read()
            self._texts[path] = None if b"\0" in data else data.decode("utf-8", errors="replace")
        return self._texts[path]

    def lines(self, path):
        return enumerate((self.text(path) or "").split("\n"), 1)

    def ending(self, *suffixes, under=("",)):
        return [path for path in self.files if path.endswith(suffixes) and path.startswith(tuple(under))]


def code_lines(tree, path):
    """The lines of a C++ file without comments and the insides of string literals."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group(0)) if match.group(0).startswith("/") else '""' + "\n" * match.group(0).count("\n")
    text = re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', blank, tree.text(path) or "", flags=re.S)
    return enumerate(text.split("\n"), 1)


def includes(tree, path):
    for number, line in tree.lines(path):
        match = re.match(r'\s*#\s*include\s*([<"][^>"]+)[>"]', line)
        if match:
            yield number, match.group(1)


def library_includes(tree):
    """A library includes only the libraries below it, and never a service."""
    for path in tree.ending(*SOURCE, under=["libs/"]):
        library = path.split("/")[1]
        if library not in LIBRARIES:
            yield path, 1, f"libs/{library} is not in the table of tests/tidy/rules.py"
            continue
        for number, include in includes(tree, path):
            match = re.match(r'["<]risk/(\w+)/', include)
            if match and match.group(1) in LIBRARIES and match.group(1) not in LIBRARIES[library] | {library}:
                yield path, number, f"libs/{library} may not include libs/{match.group(1)}"
            if include[1:].split("/")[0] in SERVICES or "../" in include:
                yield path, number, f"libs/{library} may not include {include[1:]}"


def service_includes(tree):
    """Services never include each other."""
    for path in tree.ending(*SOURCE, under=["services/"]):
        service = path.split("/")[1]
        for number, include in includes(tree, path):
            if "../" in include or include[1:].split("/")[0] in set(SERVICES) - {service}:
                yield path, number, f"services/{service} may not include {include[1:]}"


def log_seam(tree):
    """Services know the log by libs/log; of the bus they use requests and keys. libs/settings makes the one out of the other."""
    for path in tree.ending(*SOURCE, under=["services/"]):
        for number, include in includes(tree, path):
            if include.startswith('"risk/bus/') and include[1:] not in BUS_FOR_SERVICES:
                yield path, number, f"{include[1:]} is behind the log: use risk/log, and risk/settings/log.hpp where it is opened"


def vendor_headers(tree):
    """Vendor headers stay in .cpp files."""
    for path in tree.ending(".hpp", under=["libs/", "services/"]):
        public = "/include/" in path
        for number, include in includes(tree, path):
            if VENDOR_ANYWHERE.match(include) or (public and VENDOR_PUBLIC.match(include)):
                yield path, number, f"{include[1:]} belongs in a .cpp file"


def generated_code(tree):
    """Only libs/wire includes the code generated from proto/."""
    for path in tree.ending(*SOURCE):
        for number, include in includes(tree, path):
            if include.endswith(".pb.h") and not path.startswith(GENERATED_READERS):
                yield path, number, f"{include[1:]} is libs/wire's to include"


def dead_files(tree):
    """Every .cpp is named in a CMakeLists.txt of its folder or one above, which the build reaches."""
    everywhere = "\n".join(tree.text(path) for path in tree.ending("CMakeLists.txt"))
    for path in tree.ending(".cpp"):
        if f"${{CMAKE_SOURCE_DIR}}/{path}" in everywhere:
            continue
        folder = os.path.dirname(path)
        while True:
            lists = os.path.join(folder, "CMakeLists.txt")
            name = os.path.relpath(path, folder or ".")
            if lists in tree.files and builds(tree.text(lists), name):
                break
            if not folder:
                yield path, 1, "no CMakeLists.txt builds it"
                break
            folder = os.path.dirname(folder)
    if "tests/CMakeLists.txt" in tree.files:
        globs = re.findall(r"[\w*/.-]+/CMakeLists\.txt", tree.text("tests/CMakeLists.txt"))
        reached = re.compile("|".join(re.escape(glob).replace(r"\*", "[^/]+") for glob in globs) or r"\b\B")
        for path in tree.ending("CMakeLists.txt", under=["tests/"]):
            if path != "tests/CMakeLists.txt" and not reached.fullmatch(path[len("tests/"):]) and not parent_adds(tree, path):
                yield path, 1, "tests/CMakeLists.txt does not reach it"


def builds(lists, name):
    if name == "main.cpp" and "risk_service(" in lists:  # cmake/modules.cmake adds it
        return True
    return re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w.-])", lists)


def parent_adds(tree, path):
    folder = os.path.dirname(path)
    if "CMakeLists.txt" in tree.files and f"add_subdirectory({folder})" in tree.text("CMakeLists.txt"):
        return True
    above = os.path.join(os.path.dirname(folder), "CMakeLists.txt")
    return above in tree.files and f"add_subdirectory({os.path.basename(folder)})" in tree.text(above)


def long_files(tree):
    """A file over 500 lines wants to be two."""
    for path in tree.ending(*SOURCE, ".ts", ".svelte", ".py", ".sh"):
        count = tree.text(path).count("\n")
        if count > FILE_LINES_MAX:
            yield path, count, f"{count} lines"


def banned_calls(tree):
    """Calls that are unsafe, or not to be used where they stand."""
    for path in tree.ending(*SOURCE):
        rules = dict(BANNED)
        if path.startswith("tests/"):
            rules.update(BANNED_IN_TESTS)
        if path.startswith("libs/engine/"):
            rules.update(BANNED_IN_CORE)
        if path.startswith(("libs/", "services/")) and not path.startswith("libs/base/"):
            rules.update(BASES_OWN)
        for number, line in code_lines(tree, path):
            for pattern, why in rules.items():
                if re.search(pattern, line):
                    yield path, number, why


def pragma_once(tree):
    """Every header has #pragma once."""
    for path in tree.ending(".hpp"):
        if "#pragma once" not in tree.text(path):
            yield path, 1, "no #pragma once"


def whitespace(tree):
    """No trailing blanks, no tabs for indentation in C++, no CRLF, one newline at the end."""
    for path in tree.files:
        text = tree.text(path)
        if not text or path.endswith((".svg", ".csv", ".patch")):
            continue
        for number, line in tree.lines(path):
            if line != line.rstrip():
                yield path, number, "trailing blanks or CRLF"
            if path.endswith(SOURCE) and "\t" in line:
                yield path, number, "a tab"
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield path, text.count("\n"), "one newline at the end"


def unfinished_marks(tree):
    """No marks of unfinished work."""
    yield from grep(tree, MARKS, "a mark of unfinished work")


def machine_paths(tree):
    """No paths of one machine, no registry hosts."""
    yield from grep(tree, MACHINE, "a path of one machine or a registry's host")


def grep(tree, pattern, why):
    for path in tree.files:
        if path.startswith("tests/tidy/"):  # which names what it looks for
            continue
        for number, line in tree.lines(path):
            match = pattern.search(line)
            if match:
                yield path, number, f"{why}: {match.group(0)}"


def hidden_tests(tree):
    """Every test runs: none is hidden or allowed to fail."""
    for path in tree.ending(".cpp", under=["tests/"]):
        if not path.startswith("tests/bench/"):
            for number, line in tree.lines(path):
                if HIDDEN_TEST.search(line):
                    yield path, number, "a test that does not run, or whose failure is ignored"


def test_names(tree):
    """ctest hands a case's name to its program as an argument: one that begins with - is taken for an option."""
    for path in tree.ending(".cpp", under=["tests/"]):
        for number, line in tree.lines(path):
            if re.search(r'\bTEST_CASE(?:_METHOD\(\w+, *|\()"-', line):
                yield path, number, "a name that begins with -"


def migrations(tree):
    """sql/ migrations are numbered from 0001 without gaps, the same names for both databases."""
    names = {}
    for database in ("postgres", "sqlite"):
        folder = f"sql/{database}/"
        files = [path[len(folder):] for path in tree.files if path.startswith(folder) and path.endswith(".sql") and path not in NO_MIGRATIONS]
        names[database] = files
        for expected, name in enumerate(sorted(files), 1):
            match = re.fullmatch(r"(\d{4})_[a-z0-9_]+\.sql", name)
            if not match or int(match.group(1)) != expected:
                yield folder + name, 1, f"expected {expected:04}_name.sql"
    for name in set(names["postgres"]) ^ set(names["sqlite"]):
        yield f"sql/*/{name}", 1, "only one of the two databases has it"


def readmes(tree):
    """Every folder of libs/, services/ and tests/, and proto/, has a README.md that says what lives there."""
    folders = {"/".join(path.split("/")[:2]) for path in tree.files if path.startswith(("libs/", "services/", "tests/")) and path.count("/") >= 2}
    folders |= {path.split("/")[0] for path in tree.files if path.startswith("proto/")}
    for folder in sorted(folders):
        if f"{folder}/README.md" not in tree.files:
            yield folder, 1, "no README.md"


def document_paths(tree):
    """Every path that a page of docs/ names in backticks, and every file that it links to, is in the tree."""
    folders = {"/".join(parts[:n]) for parts in (path.split("/") for path in tree.files) for n in range(1, len(parts))}
    everything = set(tree.files) | folders
    names = {path.split("/")[-1] for path in tree.files}
    for page in tree.ending(".md", under=["docs/"]):
        for number, line in prose_lines(tree, page):
            for word in [word for span in re.findall(r"`([^`]+)`", line) for word in span.split()]:
                word = word.strip(",;:()\"'").removesuffix("/")
                if not is_path(word):
                    continue
                where, name = os.path.split(word)
                if "<" in name:  # a file that the reader is to make
                    found = where in folders
                elif "*" in word:
                    found = any(fnmatch.fnmatch(path, word) for path in everything)
                else:
                    found = word in everything if where else name in names
                if not found:
                    yield page, number, f"{word} is not in the tree"
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", line):
                if os.path.normpath(os.path.join(os.path.dirname(page), target)) not in everything:
                    yield page, number, f"the link to {target} leads nowhere"


def prose_lines(tree, path):
    """The lines of a page without its fenced blocks."""
    fenced = False
    for number, line in tree.lines(path):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def is_path(word):
    """A word with a slash inside or a file's ending; not an address, an option, or what a build or a run makes."""
    if not re.fullmatch(r"[\w.*<>-]+(?:/[\w.*<>-]+)*", word) or word.startswith(("-", "build/", "var/")):
        return False
    return "/" in word or re.search(rf"[\w>]\.(?:{ENDINGS})$", word) is not None


def example_environment(tree):
    """.env.example explains every variable that the services read."""
    known = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", tree.text(".env.example") or "", re.M)) if ".env.example" in tree.files else set()
    for path in tree.ending(".cpp", under=["libs/settings/src/", "libs/service/src/", "services/"]):
        for number, line in tree.lines(path):
            for names in re.findall(r'\{((?:"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"(?:, *)?)+)\}', line):
                for name in re.findall(r"[A-Z0-9_]+", names):
                    if name not in known:
                        yield path, number, f"{name} is not in .env.example"


def compose_environment(tree):
    """docker-compose.yml, or the images, hand on what .env.example has, but for where things are, which compose decides, and
    for replays, which it would begin again and again."""
    if not {".env.example", "docker-compose.yml"} <= set(tree.files):
        return
    handed_on = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", tree.text("docker-compose.yml") + "".join(tree.text(path) for path in tree.ending("/Dockerfile"))))
    for number, line in tree.lines(".env.example"):
        setting = re.match(r"#?([A-Z][A-Z0-9_]+)=", line)
        if setting and setting[1] not in handed_on and not NOT_HANDED_ON.search(setting[1]):
            yield ".env.example", number, f"docker-compose.yml does not hand on {setting[1]}"


def shell_scripts(tree):
    """Shell scripts parse, and those with a #! line may be run."""
    for path in tree.files:
        text = tree.text(path) or ""
        if not re.match(r"#!.*\bbash\b", text):
            continue
        checked = subprocess.run(["bash", "-n", os.path.join(tree.root, path)], capture_output=True, text=True)
        if checked.returncode:
            yield path, 1, checked.stderr.strip()
        if not os.access(os.path.join(tree.root, path), os.X_OK):
            yield path, 1, "not executable"


def formatted(tree):
    """C++ is laid out as .clang-format says."""
    files = tree.ending(*SOURCE)
    if not files:
        return
    tool = shutil.which("clang-format")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout if tool else ""
    if f"version {CLANG_FORMAT}." not in version:
        raise Skipped(f"the tree is formatted with clang-format {CLANG_FORMAT}; here is {version.strip() or 'none'}")
    checked = subprocess.run([tool, "--dry-run", "-Werror", *files], cwd=tree.root, capture_output=True, text=True)
    for path, line in sorted(set(re.findall(r"^(.+?):(\d+):\d+: error", checked.stderr, re.M))):
        yield path, int(line), "clang-format would lay it out differently"


def python_layout(tree):
    """Python is laid out as setup.cfg says."""
    files = tree.ending(".py")
    if not files:
        return
    tool = tool_of("pycodestyle")
    checked = subprocess.run([tool, "--config=setup.cfg", *files], cwd=tree.root, capture_output=True, text=True)
    yield from complaints_of(r"^(.+?):(\d+):\d+: ([EW]\d+ .*)$", checked)


def shell_mistakes(tree):
    """Shell scripts are without what shellcheck warns of."""
    files = [path for path in tree.files if re.match(r"#!.*\bbash\b", tree.text(path) or "")]
    if not files:
        return
    tool = tool_of("shellcheck")
    checked = subprocess.run([tool, "--severity=warning", "--format=gcc", *files], cwd=tree.root, capture_output=True, text=True)
    yield from complaints_of(r"^(.+?):(\d+):\d+: \w+: (.*)$", checked)


def tool_of(name):
    tool = shutil.which(name)
    if not tool:
        raise Skipped(f"{name} is not installed (deploy/packages.sh install test)")
    return tool


def complaints_of(pattern, checked):
    found = re.findall(pattern, checked.stdout, re.M)
    for path, line, text in found:
        yield path, int(line), text
    if checked.returncode and not found:
        yield checked.args[0], 0, f"ended with status {checked.returncode}: {checked.stderr.strip()}"


class Skipped(Exception):
    """A rule that cannot be judged here, with the reason."""


RULES = (
    library_includes, service_includes, log_seam, vendor_headers, generated_code, dead_files, long_files, banned_calls, pragma_once,
    whitespace, example_environment, compose_environment, unfinished_marks, machine_paths, hidden_tests, test_names, migrations, readmes, document_paths, shell_scripts, formatted,
    python_layout, shell_mistakes,
)

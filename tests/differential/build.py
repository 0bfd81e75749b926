"""Builds core_driver by hand, from any copy of the sources, with any compiler."""
import subprocess


def build_driver(target, root, compiler="c++", flags=("-O1",)):
    sources = sorted((root / "libs/engine/src").glob("*.cpp")) + sorted((root / "libs/base/src").glob("*.cpp"))
    unit = target.with_suffix(".cpp")
    unit.write_text("".join(f'#include "{path}"\n' for path in [*sources, root / "tests/differential/core_driver.cpp"]), encoding="utf-8")
    # What Debian's CMake files of the library of time zones say.
    zones = ("-DUSE_OS_TZDB=1", "-DONLY_C_LOCALE=1", "-DHAS_STRING_VIEW=1")
    includes = [f"-I{root}/{part}" for part in ("libs/engine/src", "libs/engine/include", "libs/base/include", "tests")]
    subprocess.run([compiler, "-std=c++20", *flags, *zones, *includes, str(unit), "-lxxhash", "-ldate-tz", "-o", str(target)], check=True)

#!/bin/sh
# Everything that is checked without running: format, clang-tidy, shellcheck, the repository's own rules.
set -eu
cd "$(dirname "$0")/.."
failed=0
echo "clang-format"
git ls-files '*.cpp' '*.hpp' | xargs -r clang-format --dry-run -Werror || failed=1
echo "shellcheck"
git ls-files '*.sh' .ci/run | xargs -r shellcheck || failed=1
echo "the repository's rules"
python3 tests/tidy_test/tidy_test.py || failed=1
echo "clang-tidy"
# Compiled sources only: headers are checked through them.
run-clang-tidy -quiet -p build/dev "$PWD/(src|tests|bench)/.*\.cpp$" >build/clang-tidy.log 2>&1 || {
    grep -E "error:|warning:" build/clang-tidy.log | sort -u >&2 || tail -20 build/clang-tidy.log >&2
    failed=1
}
exit $failed

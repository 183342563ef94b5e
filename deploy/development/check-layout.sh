#!/usr/bin/env bash
# Checks the layout of the repository: what may lie at the top, names that say nothing, files that grew too long.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
status=0
complain() {
    echo "layout: $*" >&2
    status=1
}

# Tracked files and new ones, without what .gitignore names; in a copy without git, whatever is there.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    mapfile -t files < <(git ls-files --cached --others --exclude-standard)
else
    mapfile -t files < <(find . -type f -not -path './.build*' -not -path './.sluice/*' -printf '%P\n')
fi

allowed=' .ci .gitignore .swift-format LICENSE Makefile Package.resolved Package.swift README.md Services Shared Tests deploy proto '
for top in $(printf '%s\n' "${files[@]%%/*}" | sort -u); do
    [[ $allowed == *" $top "* ]] || complain "$top does not belong at the top of the repository"
done

for file in "${files[@]}"; do
    # A file that was removed and is not committed yet.
    [ -e "$file" ] || continue
    [[ $file == *' '* ]] && complain "$file: a name with a space"
    # As a word of a name: StringUtils.swift, helpers/, Common.swift; not Commons or Newline.
    if [[ $file =~ (Util|Utils|Utilities|Helper|Helpers|Manager|Managers)(\.|/|\+|$) ]] ||
        [[ ${file,,} =~ (^|/)(utils?|utilities|helpers?|managers?|common|misc|new|v2)(\.|/|\+|$) ]]; then
        complain "$file: a name that does not say what it holds"
    fi
    if [[ $file == *.swift ]] && lines=$(wc -l <"$file") && [ "$lines" -gt 600 ]; then
        complain "$file: $lines lines, more than 600"
    fi
done
exit $status

#!/usr/bin/env bash
# Generates the C code of the schemas in proto/ with protoc-c.
#
#   generate-schemas.sh           replaces the generated files in Shared/CSluiceSchemas
#   generate-schemas.sh --check   changes nothing and fails with the differences when they are not current
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
committed="$root/Shared/CSluiceSchemas"

command -v protoc-c >/dev/null || {
    echo "there is no protoc-c: run \`make setup\`" >&2
    exit 1
}
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

cd "$root/proto"
mapfile -t schemas < <(find . -name '*.proto' -printf '%P\n' | sort)
protoc-c --proto_path=. --c_out="$fresh" "${schemas[@]}"

generated_in() { (cd "$1" && find . -name '*.pb-c.[ch]' | sort); }

if [ "${1:-}" = --check ]; then
    status=0
    diff -u --label committed --label proto/ <(generated_in "$committed") <(generated_in "$fresh") || status=1
    while read -r file; do
        [ -f "$committed/$file" ] || continue
        # The generator writes its own version into one line; another release of it is no change of a schema.
        diff -u -I 'PROTOBUF_C_MIN_COMPILER_VERSION$' "$committed/$file" "$fresh/$file" || status=1
    done < <(generated_in "$fresh")
    if [ $status != 0 ]; then
        echo "the generated code in Shared/CSluiceSchemas is not that of proto/: run \`make proto\` and commit it" >&2
    fi
    exit $status
fi

find "$committed" -name '*.pb-c.[ch]' -delete
(cd "$fresh" && find . -name '*.pb-c.[ch]' -exec cp --parents -t "$committed" {} +)
for schema in "${schemas[@]}"; do
    header="${schema%.proto}.pb-c.h"
    if ! grep -qF "$header" "$committed/include/CSluiceSchemas.h"; then
        echo "include \"$header\" in Shared/CSluiceSchemas/include/CSluiceSchemas.h, so that Swift sees it" >&2
        exit 1
    fi
done

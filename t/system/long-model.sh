#!/bin/sh
# long-model.sh - the small worlds of the model, and each rule that is taken
# away (t/model/check): a minute. README's longer suites have all of it.

exec "$(dirname "$0")/../model/check"

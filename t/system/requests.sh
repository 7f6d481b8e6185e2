#!/bin/sh
# requests.sh - a sample of long-requests.sh, for every day.

configurations=10 requests=250
export configurations requests
exec sh "$(dirname "$0")/long-requests.sh"

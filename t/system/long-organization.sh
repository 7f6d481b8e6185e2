#!/bin/sh
# long-organization.sh - lab-organization.sh with 200 servers.

exec sh "$(dirname "$0")/lab-organization.sh" 200

#!/bin/sh
[ "$1" = --version ] && echo "greet @VERSION@" && exit
echo "hello, $1"

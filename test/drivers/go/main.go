package main

import (
	"fmt"
	"os"
)

// The arguments are the driver and its version, which a program built without modules does not know.
func main() {
	connect := map[string]func(string) driver{"pgx": connectPgx, "pq": connectPq}[os.Args[1]]
	fmt.Println("version", os.Args[1], os.Args[2])
	ordinary(connect(os.Getenv("DATABASE_URL")))
}

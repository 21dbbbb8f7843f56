<?php
require __DIR__ . '/tasks.php';
require 'Doctrine/DBAL/autoload.php';

use Doctrine\DBAL\ArrayParameterType;
use Doctrine\DBAL\DriverManager;

echo 'version Doctrine DBAL ', preg_replace('/[+-].*/', '', trim(shell_exec("dpkg-query -W -f '\${Version}' php-doctrine-dbal"))), "\n";
$connection = DriverManager::getConnection([
    'driver' => 'pdo_pgsql', 'host' => getenv('PGHOST'), 'port' => (int) getenv('PGPORT'),
    'dbname' => getenv('PGDATABASE'), 'user' => getenv('PGUSER'), 'password' => getenv('PGPASSWORD'),
]);

if (HELP) {
    // snippet: types
    // In Symfony: doctrine.dbal.mapping_types in config/packages/doctrine.yaml.
    $platform = $connection->getDatabasePlatform();
    $platform->registerDoctrineTypeMapping('snowflake', 'bigint');
    $platform->registerDoctrineTypeMapping('_snowflake', 'text');
    $platform->registerDoctrineTypeMapping('ulid', 'string');
    // end
}
task('create', fn () => $connection->executeStatement(getenv('CREATE_TABLES')));
ordinary(function (string $sql, mixed ...$parameters) use ($connection) {
    $result = $connection->executeQuery($sql, $parameters);
    return $result->columnCount() ? $result->fetchOne() : null;
});
task('builder', function () use ($connection) {
    // snippet: use
    $id = $connection->fetchOne("INSERT INTO orders (item) VALUES ('bread') RETURNING id");
    $rows = $connection->fetchAllAssociative('SELECT * FROM orders WHERE id IN (?)', [[$id]], [ArrayParameterType::STRING]);
    // end
    expect($rows[0]['id'], $id);
});
task('schema', function () use ($connection) {
    $tables = $connection->createSchemaManager()->introspectSchema()->getTables();
    expect(count($tables), 3);
});

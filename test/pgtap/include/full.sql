-- Sets :'full' to `t` for make test-full, which sets FULL, and to `f` otherwise.
\set full ''
\getenv full FULL
SELECT :'full' <> '' AS full \gset

-- The role by which backups read: all rows, and nothing else. Run once as the owner of the cluster, then:
--   \password b2o_backup        and BACKUP_DB_USER=b2o_backup, BACKUP_DB_PASSWORD=… for the workers.
-- Trial restores and restores need the application's own role, which may create schemas.
CREATE ROLE b2o_backup LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 20;
GRANT pg_read_all_data TO b2o_backup WITH INHERIT TRUE;
ALTER ROLE b2o_backup SET default_transaction_read_only = on;

# frozen_string_literal: true

# Types of idgen for ActiveRecord: snowflake and ulid, in migrations, in schema.rb and in models.
#
#   # config/initializers/idgen.rb
#   require_relative '../../lib/idgen'
#
#   create_table :orders, id: :snowflake, default: -> { 'snowflake_nextval()' } do |t|
#     t.references :parent, type: :snowflake, foreign_key: { to_table: :orders }
#   end
#
# An ID is an Integer in Ruby, and a string in JSON, where JavaScript would round a number.

require 'active_record'
require 'active_record/connection_adapters/postgresql_adapter'

module Idgen
  class Snowflake < ActiveRecord::Type::BigInteger
    def type = :snowflake
  end

  class Ulid < ActiveRecord::Type::String
    def type = :ulid
  end

  # What the adapter reads from the catalog of each new connection.
  module Adapter
    def initialize_type_map(map)
      super
      map.register_type('snowflake', Snowflake.new)
      map.register_type('ulid', Ulid.new)
    end
  end

  # For models, or for all of them: `class ApplicationRecord; include Idgen::JsonStrings; end`.
  module JsonStrings
    def serializable_hash(options = nil)
      super.to_h do |name, value|
        [name, value.is_a?(Integer) && self.class.type_for_attribute(name).is_a?(Snowflake) ? value.to_s : value]
      end
    end
  end

  # For models: `Order.issued(1.hour.ago..)`, the rows whose ID was issued in a range of times, without its end.
  module Issued
    def issued(range, column = primary_key)
      bound = ->(time) { Arel::Nodes::NamedFunction.new('snowflake_lower_bound', [Arel::Nodes.build_quoted(time)]) }
      conditions = all
      conditions = conditions.where(arel_table[column].gteq(bound.(range.begin))) if range.begin
      conditions = conditions.where(arel_table[column].lt(bound.(range.end))) if range.end
      conditions
    end
  end
end

postgresql = ActiveRecord::ConnectionAdapters::PostgreSQLAdapter
postgresql.singleton_class.prepend(Idgen::Adapter)
postgresql::NATIVE_DATABASE_TYPES.merge!(snowflake: { name: 'snowflake' }, ulid: { name: 'ulid' })
ActiveRecord::ConnectionAdapters::PostgreSQL::TableDefinition.send(:define_column_methods, :snowflake, :ulid)
# Tables of the extension are the extension's to create.
ActiveRecord::SchemaDumper.ignore_tables |= [/\Aidgen_/, /\Asegment_(free|grants|options|roots)\z/]

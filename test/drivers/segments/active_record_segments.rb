# frozen_string_literal: true

# Keys of Rails that come from a segment: the column's default issues them.

require 'logger'
require 'active_record'
require_relative '../ruby/tasks'

puts "version ActiveRecord #{ActiveRecord.version}"
ActiveRecord::Base.establish_connection(ENV.fetch('DATABASE_URL'))
ActiveRecord::Migration.verbose = false
DB = ActiveRecord::Base.connection

class Invoice < ActiveRecord::Base; end

def next_number = DB.select_value("SELECT segment_nextval('invoices_id')")

task('create') do
  # snippet: migration
  ActiveRecord::Schema.define do
    execute 'CREATE SEQUENCE invoices_id'
    create_table :invoices, id: :bigint, default: -> { "segment_nextval('invoices_id')" } do |t|
      t.text :customer
    end
  end
  # end
end
Invoice.reset_column_information
task('insert') do
  first = Invoice.create!(customer: 'one')
  expect(first.id, DB.select_value("SELECT id FROM invoices WHERE customer = 'one'"))
  expect(Invoice.create!(customer: 'two').id > first.id, true)
end
task('batch') do
  ids = Invoice.insert_all((1..100).map { |number| { customer: "batch #{number}" } }).rows.flatten
  expect(ids, ids.uniq.sort)
end
task('beside') do
  numbers = Array.new(3) { [next_number, Invoice.create!(customer: 'beside').id] }.flatten
  expect(numbers, numbers.uniq.sort)
  expect(Invoice.where(id: next_number).count, 0)
end

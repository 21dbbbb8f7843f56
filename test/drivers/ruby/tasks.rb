# frozen_string_literal: true

# The ordinary tasks, for drivers of Ruby, and how a program reports what it did.  See ../python/tasks.py.

require 'json'

ID_TYPE = ENV.fetch('ID_TYPE')
HELP = !ENV.fetch('HELP', '').empty?
HOUR_AGO = Time.now - 3600

def task(name)
  yield
  puts "ok #{name}"
rescue StandardError => e
  puts "not ok #{name} # #{e.message.lines.first.strip}"
end

def expect(got, expected)
  raise "#{got.inspect} where #{expected.inspect} was expected" unless got == expected && got.class == expected.class
end

def json_of(row)
  puts "json #{JSON.parse(row.to_json)['id'].is_a?(String) ? 'string' : 'number'}"
end

using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using Posthorn.Configuration;

namespace Posthorn.Tests.Configuration;

/// <summary>A configuration that cannot be used is refused in a line that names the key, what it is, and what it may be.</summary>
public sealed class ConfigurationFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-configuration-").FullName;

    /// <summary>Every key that takes one value, a list, or other keys.</summary>
    public static TheoryData<string> Keys => [.. Of(typeof(PosthornOptions), "").Select(static pair => pair.Key)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("hostName", "\"not a host\"", "the full name of this host")]
    [InlineData("hostName", "\"mail.example.org.\"", "no dot at the end")]
    [InlineData("hostName", "\"203.0.113.5\"", "no address")]
    [InlineData("hostName", "\"2001:db8::5\"", "no address")]
    [InlineData("hostName", "\"mail.b\u00fccher.example\"", "letters beyond ASCII as xn--")]
    [InlineData("listeners.smtp.port", "70000", "a port from 0 to 65535")]
    [InlineData("listeners.smtp.address", "\"here\"", "an IP address, or * for all")]
    [InlineData("bodies.endpoint", "\"s3.example.org\"", "an address such as https://")]
    [InlineData("limits.maxMessageBytes", "10", "65536 or more")]
    [InlineData("limits.maxConnections", "0", "1 or more")]
    [InlineData("limits.maxConnectionsPerAddress", "0", "1 or more")]
    [InlineData("undelete.days", "-1", "a number of days from 0 to 3650")]
    [InlineData("signIn.exemptNetworks", "[\"10.0.0.0/8\", \"home\"]", "networks such as 127.0.0.0/8")]
    [InlineData("dns.servers", "[\"ns.example.org\"]", "addresses such as 192.0.2.53")]
    [InlineData("outbound.port", "0", "a port from 1 to 65535")]
    [InlineData("outbound.maxConnectionsPerDomain", "0", "1 or more")]
    [InlineData("outbound.smarthost", "\"relay.example.org:smtp\"", "host or host:port")]
    [InlineData("outbound.smarthost", "\"https://relay.example.org\"", "host or host:port")]
    [InlineData("outbound.smarthost", "\"relay.example.org:465\"", "a port of STARTTLS, such as relay.example.org:587")]
    [InlineData("outbound.smarthostUser", "\"me\"", "empty without outbound.smarthost")]
    [InlineData("outbound.smarthostPasswordFile", "\"password\"", "empty without outbound.smarthost")]
    [InlineData("telemetry.logLevel", "\"Loud\"", "Trace, Debug, Information")]
    [InlineData("telemetry.logLevel", "\"7\"", "Trace, Debug, Information")]
    [InlineData("telemetry.otlpEndpoint", "\"collector:4317\"", "an address such as http://")]
    public void A_value_that_cannot_be_is_named_with_what_it_may_be(string key, string value, string allowed)
    {
        string said = Refusal(key, value);
        Assert.StartsWith($"\"{key}\" is ", said, StringComparison.Ordinal);
        Assert.Contains(allowed, said, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_value_of_another_kind_is_named_with_the_kind_that_is_wanted(string key)
    {
        Type kind = Of(typeof(PosthornOptions), "").First(pair => pair.Key == key).Kind;
        (string value, string wanted) = kind == typeof(string) ? ("{ \"a\": 1 }", "one value")
            : kind == typeof(bool) ? ("\"perhaps\"", "true or false")
            : kind.IsPrimitive ? ("\"many\"", "a whole number")
            : typeof(IEnumerable).IsAssignableFrom(kind) ? ("\"one\"", "a list in brackets")
            : ("25", "an object with keys of these: ");
        string said = Refusal(key, value);
        Assert.StartsWith($"\"{key}\" is ", said, StringComparison.Ordinal);
        Assert.Contains(wanted, said, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Null_is_no_value_of_any_key(string key) => Assert.Equal($"\"{key}\" is null; leave it out, or give it a value.", Refusal(key, "null"));

    [Fact]
    public void Null_is_no_item_of_a_list_and_no_braces_are_a_value()
    {
        Assert.StartsWith("\"signIn.exemptNetworks\" is null", Refusal("signIn.exemptNetworks", "[\"10.0.0.0/8\", null]"), StringComparison.Ordinal);
        Assert.StartsWith("\"hostName\" is an object", Refusal("hostName", "{}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Braces_without_keys_leave_the_defaults()
    {
        PosthornOptions options = Read("""{ "listeners": { "imaps": {} }, "tls": {}, "outbound": {}, }""");
        Assert.Equal(("*", "", 25), (options.Listeners.Imaps?.Address ?? "*", options.Tls.Certificate, options.Outbound.Port));
    }

    [Theory]
    [InlineData("""{ "outbound": { "smarthost": "relay.example.org:587", "smarthostUser": "me" } }""", "\"outbound.smarthostPasswordFile\" is \"\"; it must be given with smarthostUser")]
    [InlineData("""{ "outbound": { "smarthost": "relay.example.org:587", "smarthostPasswordFile": "password" } }""", "\"outbound.smarthostUser\" is \"\"; it must be given with smarthostPasswordFile")]
    [InlineData("""{ "outbound": { "smarthost": "relay.example.org", "port": 465 } }""", "\"outbound.smarthost\" is \"relay.example.org\"; it must be a host and a port of STARTTLS")]
    public void What_belongs_together_at_a_smarthost_is_wanted_together(string configuration, string said) =>
        Assert.StartsWith(said, RefusalOf(configuration), StringComparison.Ordinal);

    [Fact]
    public void Two_listeners_on_one_port_are_named_both()
    {
        string said = RefusalOf("""{ "listeners": { "imap": { "port": 1143 }, "imaps": { "port": 1143 }, "web": { "port": 0 }, "metrics": { "port": 0 } } }""");
        Assert.Equal("\"listeners.imaps.port\" is \"1143\"; it must be another port than that of listeners.imap.", said);
    }

    [Fact]
    public void What_is_right_is_taken_with_comments_and_in_any_case()
    {
        PosthornOptions options = Read("""
            {
              // where mail apps come in
              "HOSTNAME": "mail.example.org",
              "listeners": { "imaps": { "address": "*", "port": 993 } },
              "outbound": { "smarthost": "relay.example.org:2525" },
              "signIn": { "exemptNetworks": ["10.0.0.0/8"] },
              "telemetry": { "logLevel": "warning", "otlpEndpoint": "http://127.0.0.1:4317" }
            }
            """);
        Assert.Equal(("mail.example.org", 993, "relay.example.org:2525"), (options.HostName, options.Listeners.Imaps!.Port, options.Outbound.Smarthost));
        Assert.Equal(["10.0.0.0/8"], options.SignIn.ExemptNetworks);
        Assert.Equal(Path.Combine(_folder, "data"), options.DataFolder);
    }

    [Fact]
    public void A_file_that_is_not_there_says_how_to_make_one()
    {
        var refused = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Read(Path.Combine(_folder, "none.json")));
        Assert.Contains("posthorn quickstart", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_json_is_named_with_the_line()
    {
        string said = RefusalOf("{\n  \"hostName\": mail\n}");
        Assert.Contains("posthorn.json is not JSON: ", said, StringComparison.Ordinal);
        Assert.Contains("LineNumber: 1", said, StringComparison.Ordinal);
    }

    /// <summary>The system says of such a file that it does not exist.</summary>
    [Fact]
    public void A_file_in_a_folder_that_may_not_be_entered_is_not_said_to_be_missing()
    {
        string closed = Path.Combine(_folder, "closed");
        string path = Path.Combine(Directory.CreateDirectory(closed).FullName, "posthorn.json");
        File.WriteAllText(path, """{ "hostName": "mail.example.org" }""");
        File.SetUnixFileMode(closed, UnixFileMode.None);
        try
        {
            if (Environment.IsPrivilegedProcess)
            {
                // Root enters every folder.
                Assert.Equal("mail.example.org", ConfigurationFile.Read(path).HostName);
            }
            else
            {
                string said = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Read(path)).Message;
                Assert.Contains("cannot be read", said, StringComparison.Ordinal);
                Assert.EndsWith("Run as the user who owns it.", said, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static IEnumerable<(string Key, Type Kind)> Of(Type type, string prefix)
    {
        foreach (PropertyInfo property in type.GetProperties().Where(static property => property.CanWrite))
        {
            string key = prefix + char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
            yield return (key, property.PropertyType);
            if (property.PropertyType != typeof(string) && !property.PropertyType.IsPrimitive && !typeof(IEnumerable).IsAssignableFrom(property.PropertyType))
            {
                foreach ((string, Type) below in Of(property.PropertyType, key + "."))
                {
                    yield return below;
                }
            }
        }
    }

    private string Refusal(string key, string value) =>
        RefusalOf(key.Split('.').Reverse().Aggregate(JsonNode.Parse(value), static (inner, name) => new JsonObject { [name] = inner })!.ToJsonString());

    private string RefusalOf(string configuration)
    {
        string said = Assert.Throws<ConfigurationException>(() => Read(configuration)).Message;
        Assert.DoesNotContain('\n', said);
        return said;
    }

    private PosthornOptions Read(string configuration)
    {
        string path = Path.Combine(_folder, "posthorn.json");
        File.WriteAllText(path, configuration);
        return ConfigurationFile.Read(path);
    }
}

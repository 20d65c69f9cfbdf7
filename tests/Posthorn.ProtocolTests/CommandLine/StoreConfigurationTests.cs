using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>The keys "store" and "bodies" as the program meets them.</summary>
public sealed class StoreConfigurationTests
{
    [Theory]
    [InlineData("Host=/nowhere;Username=u;Password=hunter2;Database=d", "cannot be reached")]
    [InlineData("Hst=db;Password=hunter2", "cannot be read")]
    public async Task A_store_that_cannot_be_opened_is_one_line_without_the_password(string connectionString, string said)
    {
        foreach (string[] command in new string[][] { ["check"], ["account", "list"], ["serve"] })
        {
            await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
            (int code, string answer, string error) = await store.ProgramWithAsync(store.Options with { Store = connectionString }, command);
            Assert.Equal(1, code);
            Assert.Contains(said, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", answer + error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_bucket_that_cannot_be_reached_is_one_line()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        var bodies = new BodiesOptions { Bucket = "mail", Endpoint = "http://127.0.0.1:1", AccessKey = "key", SecretKey = "hunter2" };
        (int code, string answer, string error) = await store.ProgramWithAsync(store.Options with { Bodies = bodies }, "serve");
        Assert.Equal(1, code);
        Assert.Contains("bucket mail at http://127.0.0.1:1 cannot be reached", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", answer + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_work_on_a_store_in_PostgreSQL()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        PosthornOptions options = store.Options with { Store = TestDatabase.Cluster.ConnectionString(TestDatabase.Create()), DataFolder = store.PathOf("elsewhere") };
        Assert.Equal(0, (await store.ProgramWithAsync(options, "domain", "add", "example.org")).ExitCode);
        Assert.Contains("example.org", (await store.ProgramWithAsync(options, "domain", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await store.ProgramWithAsync(options, "check")).ExitCode);
    }

    [Fact]
    public async Task The_program_backs_PostgreSQL_up_and_restores_it_into_an_empty_database_and_into_the_embedded_store()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string backup = store.PathOf("backup");
        PosthornOptions database = store.Options with { Store = NewDatabase(), DataFolder = store.PathOf("one"), Bodies = store.Options.Bodies with { Prefix = "one/" } };
        Assert.Equal(0, (await store.ProgramWithAsync(database, "domain", "add", "example.org")).ExitCode);
        Assert.Equal(0, (await store.ProgramWithAsync(database, "backup", backup)).ExitCode);
        Assert.Contains("can be restored whole", (await store.ProgramWithAsync(database, "restore", "--verify", backup)).Output, StringComparison.Ordinal);

        (int taken, _, string error) = await store.ProgramWithAsync(database, "restore", backup);
        Assert.Equal(1, taken);
        Assert.Contains("holds another store already", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        foreach (PosthornOptions empty in new[]
        {
            store.Options with { Store = NewDatabase(), DataFolder = store.PathOf("two"), Bodies = store.Options.Bodies with { Prefix = "two/" } },
            store.Options with { Store = "", Bodies = new BodiesOptions(), DataFolder = store.PathOf("three") },
        })
        {
            Assert.Equal(0, (await RestoredAsync(store, empty, backup)).Code);
            Assert.Contains("example.org", (await store.ProgramWithAsync(empty, "domain", "list")).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_program_moves_a_store_to_PostgreSQL_and_says_how_to_switch()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string to = NewDatabase();
        (int code, string said, string errors) = await store.ProgramAsync("move-store", "--to", to, "--to-folder", store.PathOf("node"));
        Assert.Equal(0, code);
        Assert.All(errors.TrimEnd().Split('\n'), line => Assert.Matches("^(Rows|Bodies) ", line));
        Assert.Contains("1 accounts", said, StringComparison.Ordinal);
        Assert.Contains("To switch:", said, StringComparison.Ordinal);
        PosthornOptions moved = store.Options with { Store = to, Bodies = new BodiesOptions(), DataFolder = store.PathOf("node") };
        Assert.Contains(AdministeredStore.Address, (await store.ProgramWithAsync(moved, "account", "list")).Output, StringComparison.Ordinal);

        // A look is no use of it.
        Assert.Equal(0, (await store.ProgramAsync("move-store", "--to", to, "--to-folder", store.PathOf("node"))).ExitCode);
        Assert.Equal(0, (await store.ProgramWithAsync(moved, "domain", "add", "example.org")).ExitCode);
        (int refused, _, string error) = await store.ProgramAsync("move-store", "--to", to, "--to-folder", store.PathOf("node"));
        Assert.Equal(1, refused);
        Assert.Contains("has been used since", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        (int wrong, _, string why) = await store.ProgramAsync("move-store", "--to", "Host=/nowhere;Username=u;Password=hunter2;Database=d", "--to-folder", store.PathOf("other"));
        Assert.Equal(1, wrong);
        Assert.Contains("cannot be reached", Assert.Single(why.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_at_a_copy_leaves_it_one_that_can_be_copied_over()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        PosthornOptions copy = store.Options with { Store = "", Bodies = new BodiesOptions(), DataFolder = store.PathOf("copy") };
        var request = new MoveRequest(copy.DataFolder, copy.Store, copy.Bodies);
        await store.RunAsync(MoveOperations.Move, request);
        var account = new AccountRequest(AdministeredStore.Address);
        await LookAsync(copy, AccountOperations.List, new AccountListRequest());
        await LookAsync(copy, AccountOperations.Show, account);
        await LookAsync(copy, UndeleteOperations.Accounts, new AccountListRequest());
        await LookAsync(copy, SecurityOperations.SignIns, new SignInsRequest());
        await LookAsync(copy, SecurityOperations.ListAppPasswords, account);
        await LookAsync(copy, ReplyOperations.ShowVacation, account);
        await LookAsync(copy, ReplyOperations.ShowForwarding, account);
        await LookAsync(copy, DomainOperations.List, new DomainRequest());
        await LookAsync(copy, DomainOperations.Dns, new DomainRequest("example.test"));
        await LookAsync(copy, DomainOperations.Check, new DomainRequest("example.test"));
        await LookAsync(copy, AliasOperations.List, new AliasRequest());
        await LookAsync(copy, QueueOperations.List, new QueueRequest());
        await LookAsync(copy, UndeleteOperations.List, new UndeleteListRequest(AdministeredStore.Address));
        await LookAsync(copy, SearchOperations.Status, new SearchIndexRequest());
        await LookAsync(copy, SearchOperations.Find, new SearchFindRequest(AdministeredStore.Address, "word", 10));
        await LookAsync(copy, ExportOperations.Mbox, new ExportRequest(store.PathOf("mbox"), AdministeredStore.Address));
        await LookAsync(copy, HelpOperations.Answers, new HelpAnswersRequest());
        Assert.Equal(0, (await store.RunAsync(MoveOperations.Move, request)).RowsWritten);
        await LookAsync(copy, DomainOperations.Add, new DomainRequest("example.org"));
        Assert.Contains("has been used since", await store.RefusalAsync(MoveOperations.Move, request), StringComparison.Ordinal);
    }

    private static Task<TResult> LookAsync<TRequest, TResult>(PosthornOptions options, Operation<TRequest, TResult> operation, TRequest request) =>
        new ControlClient(options).RunAsync(operation, request, new Progress<WorkProgress>(), TestContext.Current.CancellationToken);

    private static string NewDatabase() => TestDatabase.Cluster.ConnectionString(TestDatabase.Create());

    private static async Task<(int Code, string Error)> RestoredAsync(AdministeredStore store, PosthornOptions options, string backup)
    {
        (int code, _, string error) = await store.ProgramWithAsync(options, "restore", backup);
        return (code, error);
    }

    [Fact]
    public void Options_that_are_printed_show_no_secret()
    {
        var options = new PosthornOptions { Store = "Host=db;Password=hunter2", Bodies = new BodiesOptions { Bucket = "mail", SecretKey = "hunter2" } };
        Assert.DoesNotContain("hunter2", $"{options} {options.Bodies} {Hosting.StoreHost.CoreOptions(options)} {Hosting.StoreHost.CoreOptions(options).Bodies}", StringComparison.Ordinal);
        Assert.Contains("hunter2", JsonSerializer.Serialize(options), StringComparison.Ordinal);
    }
}

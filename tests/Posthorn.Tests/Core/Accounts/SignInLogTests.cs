using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Accounts;

/// <summary>A refused sign-in can be found in the log, and no secret with it.</summary>
public sealed class SignInLogTests
{
    private const string Address = "you@example.test";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refusals_name_protocol_account_address_and_reason_and_hold_no_password()
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        var log = new RecordedLog();
        await using (ServiceProvider services = new ServiceCollection().AddSingleton(TimeProvider.System)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>)).AddSingleton<ILogger<Credentials>>(log)
            .AddPosthornCore(new StoreOptions { DataFolder = folder, Database = TestDatabase.For(folder) }).BuildServiceProvider())
        {
            services.GetRequiredService<IStore>();
            var actor = Actor.System("test");
            Assert.True((await services.GetRequiredService<Domains>().AddAsync(actor, "example.test", [], Cancel)).IsOk);
            Assert.True((await services.GetRequiredService<Posthorn.Core.Accounts.Accounts>().AddAsync(actor, Address, "right password", null, false, Cancel)).IsOk);
            var credentials = services.GetRequiredService<Credentials>();
            await credentials.CheckPasswordAsync(Address, "right password", "imap", IPAddress.Loopback, Cancel);
            Assert.Empty(log.Lines);
            await credentials.CheckPasswordAsync(Address, "wrong password", "imap", IPAddress.Loopback, Cancel);
            await credentials.CheckPasswordAsync("nobody@example.test", "wrong password", "pop3", IPAddress.Loopback, Cancel);
            await credentials.CheckPasswordAsync("wrong password", "", "smtp", IPAddress.Loopback, Cancel);
            await credentials.CompleteScramAsync(Address, proved: null, "imap", IPAddress.Loopback, Cancel);
        }

        TestDatabase.Drop(folder);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(
            [
                $"imap sign-in of {Address} from 127.0.0.1 refused: wrong password",
                "pop3 sign-in of nobody@example.test from 127.0.0.1 refused: there is no such account",
                "smtp sign-in of (no address) from 127.0.0.1 refused: there is no such account",
                $"imap sign-in of {Address} from 127.0.0.1 refused: wrong password, or no such account",
            ],
            log.Lines);
    }

    private sealed class RecordedLog : ILogger<Credentials>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
